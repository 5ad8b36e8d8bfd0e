"""Both Python clients against the service in this process, called alike."""

import asyncio
from typing import Any

import httpx2

from app.client import AsyncSpool, Event, Figures
from app.client import Spool as SyncSpool
from tests.api.spool import Spool


class Line(httpx2.AsyncBaseTransport):
    """To the service. Loses the next `lose` answers, as a connection does that breaks."""

    def __init__(self, service: Spool) -> None:
        self._inner = httpx2.ASGITransport(app=service.asgi, raise_app_exceptions=False)
        self.lose = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if self.lose:
            self.lose -= 1
            raise httpx2.ReadError("the connection broke")
        return response


class Across(httpx2.BaseTransport):
    """From another thread into the service's event loop."""

    def __init__(self, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        self._line, self._loop = line, loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        return asyncio.run_coroutine_threadsafe(self._send(request), self._loop).result(120)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._line.handle_async_request(request)
        content = await response.aread()
        return httpx2.Response(response.status_code, headers=response.headers, content=content)


class Caller:
    """`await caller("job", job_id)` is `Spool.job(job_id)`, of one client or the other."""

    def __init__(self, service: Spool, kind: str) -> None:
        self.line = Line(service)
        across = Across(self.line, asyncio.get_running_loop())
        self._sync = SyncSpool("http://localhost", transport=across) if kind == "sync" else None
        self._async = AsyncSpool("http://localhost", transport=self.line)

    async def __call__(self, method: str, *arguments: Any, **options: Any) -> Any:
        if self._sync is not None:
            return await asyncio.to_thread(getattr(self._sync, method), *arguments, **options)
        return await getattr(self._async, method)(*arguments, **options)

    async def events(self, job_id: str) -> list[Event]:
        """All of them, to the end."""
        if (spool := self._sync) is not None:
            return await asyncio.to_thread(lambda: list(spool.events(job_id)))
        return [event async for event in self._async.events(job_id)]

    async def figures(self, **options: Any) -> list[Figures]:
        """All lines."""
        if (spool := self._sync) is not None:
            return await asyncio.to_thread(lambda: list(spool.figures(**options)))
        return [each async for each in self._async.figures(**options)]

    async def aclose(self) -> None:
        if self._sync is not None:
            self._sync.close()
        await self._async.aclose()
