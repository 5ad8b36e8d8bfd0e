"""The database: opened, migrated, written to in turn, read from at once, closed."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql import migrate
from app.adapters.sql.connections import (
    BUSY_WAIT,
    CONNECTIONS,
    Engines,
    checkpoint,
    is_sqlite,
    open_engines,
    parse,
)
from app.adapters.sql.errors import translated
from app.adapters.sql.lines import Lines
from app.adapters.sql.turns import Turns, Work, transaction, transaction_again
from app.domain.clock import Clock
from app.domain.crashpoints import reached
from app.domain.errors import Unavailable
from app.domain.metrics import DATABASE_SECONDS, READ, UNCOUNTED, WRITE
from app.ports import Meter

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """`sqlite:///path`, or the URL of a server. Nothing is opened before `open`.

    `busy_wait`: seconds that a write waits for another process to let go of the file.
    `connections`: at most, to a server.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_wait: float = BUSY_WAIT,
        connections: int = CONNECTIONS,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._url, self._busy_wait, self._meter = url, busy_wait, meter
        self._connections = connections
        self._engines: Engines | None = None
        self._turns: Turns | None = None  # a database server has room for many at once
        self._under_way: set[asyncio.Task[Any]] = set()
        self._cutting: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Make the file if need be, and bring it to the newest schema.

        Raises ConfigError on a URL that cannot be used and StorageError on a damaged file.
        """
        with translated():
            url = parse(self._url)
            engines = open_engines(url, self._busy_wait, self._connections)  # refuses strange ones
            reached("migrate.before")
            await asyncio.to_thread(migrate.upgrade, self._url)
            reached("migrate.after")
            self._engines = engines
            self._turns = Turns(engines.writer) if is_sqlite(engines.writer.url) else None
        try:
            await self.write(_greet)
            await self.read(_greet)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what is under way, checkpoint, and let go of the file."""
        engines, self._engines = self._engines, None
        if engines is None:
            return
        if self._under_way:
            await asyncio.wait(set(self._under_way))
        await engines.reader.dispose()  # first: the last to close checkpoints, and must be able to
        try:
            with translated():
                await checkpoint(engines.writer)
        finally:
            await engines.writer.dispose()
            if self._cutting is not None:
                self._cutting.cancel()

    def hurry(self, patience: float) -> None:
        """A server has `patience` seconds more: then whoever still waits for it fails, and it is
        asked no more. Whether what it was told last is committed it alone knows, as after a kill.

        A file is not hurried: no line can be cut to the disk.
        """
        if self._engines is not None and self._engines.lines is not None:
            cut = partial(self._cut, self._engines.lines)
            self._cutting = asyncio.get_running_loop().call_later(patience, cut)

    def _cut(self, lines: Lines) -> None:
        if self._under_way:
            logger.error("the database does not answer: {} given up", len(self._under_way))
        lines.cut()

    async def __aenter__(self) -> "Database":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; durable when this returns.

        It may be run twice, the first in vain: on SQLite in turn, together with others that wait;
        on a server when it crosses with another.
        """
        engine, turns = self._open().writer, self._turns
        return await self._timed(
            WRITE, turns.run(work) if turns else transaction_again(engine, work)
        )

    async def change(
        self,
        clock: Clock,
        transition: Callable[Concatenate[AsyncSession, datetime, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The time is read when it is this transaction's turn, so that times never cross."""
        return await self.write(lambda session: transition(session, clock(), *args, **kwargs))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot."""
        return await self._timed(READ, transaction(self._open().reader, work))

    def _open(self) -> Engines:
        if self._engines is None:
            raise Unavailable("the database is not open")
        return self._engines

    async def _timed(self, kind: str, work: Coroutine[Any, Any, T]) -> T:
        began = time.perf_counter()
        try:
            return await self._finished(work)
        finally:
            self._meter.seen(DATABASE_SECONDS, time.perf_counter() - began, kind=kind)

    async def _finished(self, work: Coroutine[Any, Any, T]) -> T:
        """A cancelled caller waits until the transaction has ended, one way or the other.

        Cut off in the middle, the driver's thread would go on with the statement on a connection
        that the pool has given up, and for a while there would be two writers.
        """
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({task})
            raise


async def _greet(session: AsyncSession) -> None:
    await session.execute(select(1))
