"""From a tool to the service in whose process it runs, with the rights of whoever called it."""

from typing import Any

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send

#: By these a caller says who they are.
RIGHTS = frozenset({b"authorization", b"x-api-key"})
NOWHERE = ("127.0.0.1", 0)


class Inside(httpx2.AsyncBaseTransport):
    """For one request to `/mcp`: what is asked on its behalf passes the same gate, with its keys
    and no others, and counts for its address."""

    def __init__(self, call: Scope) -> None:
        self._app: ASGIApp = call["app"]
        self._state: dict[str, Any] = call["state"]
        self._rights = [(name, value) for name, value in call["headers"] if name in RIGHTS]
        client = call.get("client") or NOWHERE
        self._asgi = httpx2.ASGITransport(
            app=self._serve, raise_app_exceptions=False, client=client
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._asgi.handle_async_request(request)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [each for each in scope["headers"] if each[0] not in RIGHTS]
        asked = {**scope, "headers": headers + self._rights, "state": dict(self._state)}
        await self._app(asked, receive, send)
