"""`/mcp` inside the service: streamable HTTP without sessions, answered in JSON."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.agents.inside import Inside
from app.agents.server import mcp_server
from app.agents.tools import Tools
from app.client import AsyncSpool

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server


class AgentDoor:
    """An ASGI application for what was let in already: who calls, and whether the body is JSON-RPC,
    is not looked at here. What it needs is loaded at the first call."""

    def __init__(self) -> None:
        self._caller: ContextVar[AsyncSpool] = ContextVar("caller")
        self._server: Server[Any] | None = None
        self._turn = anyio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Each request has a manager of its own: it shares nothing with others, and nothing is
        left to be ended when the service stops."""
        server = await self._opened()

        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        asked = Request(scope).url
        async with AsyncSpool(f"{asked.scheme}://{asked.netloc}", transport=Inside(scope)) as spool:
            self._caller.set(spool)
            async with manager.run():
                await manager.handle_request(scope, receive, send)

    async def _opened(self) -> "Server[Any]":
        """In a thread: importing it takes seconds, in which others want answers."""
        async with self._turn:
            if self._server is None:
                self._server = await run_sync(self._open)
        return self._server

    def _open(self) -> "Server[Any]":
        """What managers are made for. The library hands it out with a manager of its own, which
        only making an application makes; neither of the two is ever asked."""
        server = mcp_server(Tools(self._caller.get))
        server.streamable_http_app()
        return server.session_manager.app
