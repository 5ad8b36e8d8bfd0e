"""Every answer is counted, by the route that gave it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.traffic import Traffic

PLACE = "spool.place"
#: Of others there is no end.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


@dataclass
class Place:
    """Where a request came to; scopes are copied on the way, this is not."""

    traffic: Traffic
    #: Of a closed set.
    method: str
    #: As it stands in the table; empty while none was reached.
    route: str = ""


class Counted:
    """Outside of all else, so that refusals are counted, too. An answer counts with its head: what
    follows may last as long as its reader likes."""

    def __init__(
        self, app: ASGIApp, traffic: Traffic, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app, self._traffic, self._timer = app, traffic, timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else OTHER
        place, began = Place(self._traffic, method), self._timer()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                taken = self._timer() - began
                self._traffic.answered(place.route, method, message["status"], taken)
            await send(message)

        await self._app({**scope, PLACE: place}, receive, counting)


class Reached:
    """Stands before one route, and says so."""

    def __init__(self, app: ASGIApp, route: str) -> None:
        self._app, self._route = app, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = scope.get(PLACE)
        if not isinstance(place, Place):
            await self._app(scope, receive, send)
            return
        place.route = self._route
        with place.traffic.asked(place.method, self._route):
            await self._app(scope, receive, send)
