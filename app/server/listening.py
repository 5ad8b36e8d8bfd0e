"""h11, and what it does not say or refuse by itself."""

from http import HTTPStatus
from typing import Any

import h11

EACH = len(b": \r\n")  # bytes of a line of the head that are neither name nor value


class Listening(h11.Connection):
    """Keeps the fault that it found, for the answer to name."""

    def __init__(self, max_head: int) -> None:
        super().__init__(h11.SERVER, max_head)
        self._max_head = max_head
        self.fault: h11.RemoteProtocolError | None = None

    def next_event(self) -> Any:
        try:
            event = super().next_event()
            if isinstance(event, h11.Request):
                self._refuse_long_head(event)
                _refuse_two_lengths(event)
        except h11.RemoteProtocolError as error:
            self.fault = error
            raise
        return event

    def begun(self) -> bool:
        """Whether there are bytes of a head that is not whole yet."""
        return self.their_state is h11.IDLE and bool(self.trailing_data[0])

    def _refuse_long_head(self, request: h11.Request) -> None:
        """h11 does so by itself only while it waits for more: one that comes at once passes."""
        size = sum(len(name) + len(value) + EACH for name, value in request.headers)
        if size + len(request.target) > self._max_head:
            raise h11.RemoteProtocolError("the head is too long", error_status_hint=431)

    def refusal(self, status: int, body: bytes) -> bytes:
        """An answer of ours, in JSON, and the last one. Nothing once another has begun."""
        if self.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        reason = HTTPStatus(status).phrase.encode()
        response = h11.Response(status_code=status, headers=headers, reason=reason)
        events = (response, h11.Data(data=body), h11.EndOfMessage())
        return b"".join(self.send(event) or b"" for event in events)


def _refuse_two_lengths(request: h11.Request) -> None:
    """A proxy may believe the other one, and take the rest of the body for a request."""
    names = {name for name, _ in request.headers}
    if {b"content-length", b"transfer-encoding"} <= names:
        raise h11.RemoteProtocolError("both Content-Length and Transfer-Encoding")
