"""The edge to the network: uvicorn's protocol, with clocks against clients that hold a connection.

A head has to come within a time, a body has to go on coming, an answer has to be taken. However
long an upload lasts, it is not cut while bytes come.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.server.listening import Listening
from app.server.places import Places
from app.server.terms import Edge, Phase
from app.web import openai_errors
from app.web.errors import BACK_LATER, error_body
from app.web.sealed import ELSE, SEAL
from app.web.sender import address

ENOUGH = 1024  # bytes of a body in `body_timeout`
LINGER = 2.0  # seconds in which a refused client may read why


def protocol(edge: Edge) -> type[asyncio.Protocol]:
    """A class of connections that share their places."""
    places = Places(edge.max_connections)
    return type("Connection", (EdgeProtocol,), {"edge": edge, "places": places})


class EdgeProtocol(H11Protocol):
    edge: ClassVar[Edge]
    places: ClassVar[Places]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn: Listening = Listening(self.edge.max_header_bytes)
        self._phase = Phase.REST
        self._clock: asyncio.TimerHandle | None = None
        self._reader_clock: asyncio.TimerHandle | None = None
        self._came = 0  # bytes since the clock was last wound
        self._parted = False
        self.origin = ""

    # what asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None and self.client[0] not in self.edge.proxies:
            self.origin = address({"client": self.client})
        if self.places.take(self):
            self._look()
        elif self.places.besieged:
            self.leave()
        else:
            said = "too many connections, try again later"
            self._refuse(503, error_body(code="service.full", message=said), BACK_LATER)

    def data_received(self, data: bytes) -> None:
        if self._parted:
            return
        self._came += len(data)
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._parted = True
        self._stop_clocks()
        self._unset_keepalive_if_required()
        self.places.free(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reader_clock is not None:
            self._reader_clock.cancel()

    # what uvicorn calls

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def send_400_response(self, msg: str) -> None:
        fault = self.conn.fault
        status = fault.error_status_hint if fault else 400
        codes = {431: "request.head_too_large"}
        code = codes.get(status, "request.malformed")
        self._refuse(
            status, error_body(code=code, message=f"this is no HTTP request: {fault or msg}")
        )

    def timeout_keep_alive_handler(self) -> None:
        self._part()

    def shutdown(self) -> None:
        if self._parted:
            self.transport.abort()
        else:
            super().shutdown()

    # the clocks

    def leave(self) -> None:
        self.transport.abort()

    def _look(self) -> None:
        """Wind the clock of the phase that the client is in, if that is a new one."""
        if self._parted:
            return
        phase = self._found_phase()
        (self.places.wake if self._is_served() else self.places.rest)(self)
        if phase is self._phase:
            return
        self._phase = phase
        self._stop_clock()
        if phase is Phase.HEAD:
            self._wind(self.edge.header_timeout, self._end_head)
        elif phase is Phase.BODY:
            self._wind(self.edge.body_timeout, self._check_body)

    def _found_phase(self) -> Phase:
        if self.conn.their_state is h11.SEND_BODY:
            return Phase.BODY
        return Phase.HEAD if self.cycle is None or self.conn.begun() else Phase.REST

    def _is_served(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end_head(self) -> None:
        """Who has not said a word yet is not told anything either."""
        if self.conn.begun():
            self._too_slow("head")
        else:
            self._part()

    def _check_body(self) -> None:
        """Nobody is slow while it is us who do not read. After an answer, none of it matters."""
        held_up = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if self._is_served() and (held_up or self._came >= ENOUGH):
            self._wind(self.edge.body_timeout, self._check_body)
        else:
            self._too_slow("body")

    def _too_slow(self, part: str) -> None:
        said = f"the {part} of the request comes too slowly"
        self._refuse(408, error_body(code="request.timeout", message=said))

    def _watch_reader(self, left: int) -> None:
        """`left`: bytes that the client has still not taken."""
        self._reader_clock = self.loop.call_later(self.edge.body_timeout, self._check_reader, left)

    def _check_reader(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left <= before - ENOUGH:
            self._watch_reader(left)
        else:
            self.transport.abort()

    def _wind(self, seconds: float, then: Callable[[], None]) -> None:
        self._came = 0
        self._clock = self.loop.call_later(seconds, then)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _stop_clocks(self) -> None:
        self._stop_clock()
        if self._reader_clock is not None:
            self._reader_clock.cancel()

    # the end

    def _refuse(
        self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        """In the shape of the surface that is asked, as far as one can know."""
        if openai_errors.spoken_under(self.conn.asked_path):
            status, body = openai_errors.translated(status, body["error"])
        told = json.dumps(body).encode()
        self.transport.write(self.conn.refusal(status, told, {**SEAL, **ELSE, **(headers or {})}))
        self._part()

    def _part(self) -> None:
        """Let what is written arrive: a connection that is closed while bytes come is reset, and
        the client would never read the answer."""
        if self._parted or self.transport.is_closing():
            return
        self._parted = True
        self._stop_clocks()
        self._unset_keepalive_if_required()
        self._end_cycle()
        self.flow.resume_reading()
        self.flow.resume_writing()
        self._clock = self.loop.call_later(LINGER, self.transport.abort)
        try:
            if self.transport.can_write_eof():
                self.transport.write_eof()
        except OSError:  # gone already
            self.transport.abort()

    def _end_cycle(self) -> None:
        """For the application the client has hung up."""
        if self._is_served():
            self.cycle.disconnected = True
            self.cycle.waiting_for_100_continue = False
            self.cycle.message_event.set()
