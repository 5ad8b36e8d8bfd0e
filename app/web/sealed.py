"""What every answer tells browsers: to take it for what it says it is, and for whom it is."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "Cross-Origin-Resource-Policy"
#: What it says goes for the answer that the browser has kept.
NOT_MODIFIED = 304
SEAL = {"X-Content-Type-Options": "nosniff", POLICY: "same-origin"}
#: Of answers that do not say more of it themselves.
ELSE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Sealed:
    """Outside of all else, so that no answer goes without."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        """Pages of these `origins` may use what they are answered."""
        self._app, self._origins = app, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("origin") in self._origins
        seal = SEAL | ({POLICY: "cross-origin"} if known else {})

        async def sealing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(seal)
                for name, value in ELSE.items() if message["status"] != NOT_MODIFIED else ():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sealing)
