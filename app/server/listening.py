"""h11, and what it does not say or refuse by itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import h11

EACH = len(b": \r\n")  # bytes of a line of the head that are neither name nor value
ENOUGH_OF_IT = 200  # bytes from which to tell what is asked for


class Listening(h11.Connection):
    """Keeps the fault that it found, for the answer to name."""

    def __init__(self, max_head: int) -> None:
        super().__init__(h11.SERVER, max_head)
        self._max_head = max_head
        #: How the request begins that is read, or that is answered: h11 keeps none that is wrong.
        self._opening = b""
        self.fault: h11.RemoteProtocolError | None = None

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            self._opening = self.trailing_data[0][:ENOUGH_OF_IT]
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

    @property
    def asked_path(self) -> str:
        """As far as it has come; empty for rubbish."""
        _, _, rest = self._opening.partition(b" ")
        target = rest.partition(b" ")[0].partition(b"?")[0]
        return unquote(target.decode("latin-1"))

    def _refuse_long_head(self, request: h11.Request) -> None:
        """h11 does so by itself only while it waits for more: one that comes at once passes."""
        size = sum(len(name) + len(value) + EACH for name, value in request.headers)
        if size + len(request.target) > self._max_head:
            raise h11.RemoteProtocolError("the head is too long", error_status_hint=431)

    def refusal(self, status: int, body: bytes, more: Mapping[str, str]) -> bytes:
        """An answer of ours, in JSON, and the last one. Nothing once another has begun.

        `more`: headers beside those of every such answer. HEAD is told all but the body.
        """
        if self.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *((name.lower().encode(), value.encode()) for name, value in more.items()),
        ]
        reason = HTTPStatus(status).phrase.encode()
        response = h11.Response(status_code=status, headers=headers, reason=reason)
        events: tuple[h11.Event, ...] = (response,)
        if not self._opening.startswith(b"HEAD "):
            events += (h11.Data(data=body), h11.EndOfMessage())
        return b"".join(self.send(event) or b"" for event in events)


def _refuse_two_lengths(request: h11.Request) -> None:
    """A proxy may believe the other one, and take the rest of the body for a request."""
    names = {name for name, _ in request.headers}
    if {b"content-length", b"transfer-encoding"} <= names:
        raise h11.RemoteProtocolError("both Content-Length and Transfer-Encoding")
