"""Who leads is who holds a lock of the server, behind the `Leadership` port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from loguru import logger
from psycopg import AsyncConnection

from app.adapters.sql.server_line import AGAIN, connected, translated
from app.domain.errors import SpoolError

LEADING = 0x5B002  # the advisory lock
ANSWERS_WITHIN = 10.0  # seconds


class PostgresLeadership:
    """The lock ends with its connection, however that ends."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def held(self) -> AsyncIterator[asyncio.Event]:
        lost = asyncio.Event()
        async with AsyncExitStack() as closing:
            line = await self._won(closing)
            watching = asyncio.create_task(self._watch(line, lost))
            try:
                yield lost
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _won(self, closing: AsyncExitStack) -> AsyncConnection:
        while True:
            try:
                with translated():
                    line = await connected(self._url)
                    closing.push_async_callback(line.close)
                    await self._wait_for_it(line)
                    return line
            except SpoolError as error:
                logger.warning("who leads is not known: {}", error.message)
                await closing.aclose()
            await asyncio.sleep(AGAIN)

    async def _wait_for_it(self, line: AsyncConnection) -> None:
        """By asking, not by waiting in the server: there it would hold back its cleaning."""
        while True:
            if await _scalar(line, f"SELECT pg_try_advisory_lock({LEADING})"):
                return
            await asyncio.sleep(AGAIN)

    async def _watch(self, line: AsyncConnection, lost: asyncio.Event) -> None:
        try:
            while True:
                await asyncio.sleep(AGAIN)
                async with asyncio.timeout(ANSWERS_WITHIN):
                    await _scalar(line, "SELECT 1")
        except Exception as error:
            logger.warning("another instance may lead now: {}", error)
            lost.set()


async def _scalar(line: AsyncConnection, statement: str) -> object:
    row = await (await line.execute(statement.encode())).fetchone()
    return row[0] if row else None
