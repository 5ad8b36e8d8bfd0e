"""The service in this process, behind a real port: all is real but its engine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from app.domain.keys import Scope
from tests.api.spool import Spool, opened
from tests.browser.echo import Echo

GRACE = 1  # seconds for streams that pages still listen to at the end


@dataclass(frozen=True, kw_only=True)
class House:
    spool: Spool
    engine: Echo
    #: `http://127.0.0.1:…`
    url: str

    async def sign_in(self) -> None:
        """From now on what tests themselves ask of the service has a key."""
        _, secret = await self.spool.doors.keys.create("of the tests", {Scope.ADMIN})
        self.spool.http.headers["X-API-Key"] = secret

    async def can_find(self, word: str) -> None:
        """Waits until it stands in the index."""
        asked = {"q": word, "mode": "keyword"}
        async with asyncio.timeout(60):
            while not await self._hits(asked):  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def _hits(self, asked: dict[str, str]) -> Any:
        return (await self.spool.http.get("/api/v1/search", params=asked)).json()["hits"]


@asynccontextmanager
async def opened_house(
    folder: Path, model_folder: Path, **sections: dict[str, Any]
) -> AsyncIterator[House]:
    """`sections` override settings, key by key."""
    engine = Echo()

    async def make(model: str) -> Echo:
        return engine

    factories = {"faster_whisper": make}
    async with opened(folder, model_folder, factories=factories, **sections) as spool:
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{door.getsockname()[1]}"
            async with _serving(spool, door):
                yield House(spool=spool, engine=engine, url=url)


@asynccontextmanager
async def _serving(spool: Spool, door: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        spool.asgi,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([door]))
    while not server.started:
        assert not serving.done(), serving
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
