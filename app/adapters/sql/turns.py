"""Writes in turn: those that wait at the same moment share one transaction."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from app.adapters.sql.errors import crossed, translated
from app.domain.errors import SpoolError

T = TypeVar("T")
Work: TypeAlias = Callable[[AsyncSession], Awaitable[T]]

TOGETHER = 32  # writes at most in one transaction
TRIES = 4  # for a work that crosses with others
PAUSE = 0.02  # seconds


class OwnRows(Session):
    """Takes no row that another session has held.

    A row made outside of a work would be such a one when the work runs again: it counts as stored
    by the first run, which was undone, and adding it would write nothing, and say nothing.
    """


@event.listens_for(OwnRows, "detached_to_persistent")
def _refuse(session: Session, row: object) -> None:
    raise AssertionError(f"a {type(row).__name__} from outside the work that adds it")


async def transaction(engine: AsyncEngine, work: Work[T]) -> T:
    """Run `work` in a transaction of its own."""
    with translated():
        async with _session(engine) as session, session.begin():
            await session.connection()  # in line for its turn, before `work` looks at the clock
            return await work(session)


async def transaction_again(engine: AsyncEngine, work: Work[T]) -> T:
    """As `transaction`, and once more where it crossed with another on the same rows."""
    for tries in range(1, TRIES):
        try:
            return await transaction(engine, work)
        except SpoolError as error:
            if not crossed(error):
                raise
        await asyncio.sleep(random.uniform(0.0, PAUSE * tries))  # apart from the other
    return await transaction(engine, work)


class Turn(Generic[T]):
    """One write that waits."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def alone(self, engine: AsyncEngine) -> None:
        try:
            self.succeed(await transaction(engine, self.work))
        except Exception as error:
            self.fail(error)

    def succeed(self, result: T) -> None:
        if not self.done.done():  # nobody waits any more
            self.done.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Turns:
    """One wait for the disk for many writes: a commit costs far more than what it commits.

    When one of them fails, none has happened, and each is run again in a transaction of its own:
    a failure is nobody else's. So a work makes its rows itself, and keeps nothing of a first run.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[Turn[Any]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def run(self, work: Work[T]) -> T:
        """Durable when this returns. `work` may be run twice, the first time in vain."""
        turn = Turn(work)
        self._waiting.append(turn)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())
        return await turn.done

    async def _write(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), TOGETHER)
                turns = [self._waiting.popleft() for _ in range(size)]
                if size == 1 or not await self._together(turns):
                    for turn in turns:
                        await turn.alone(self._engine)
        finally:
            self._writer = None

    async def _together(self, turns: Sequence[Turn[Any]]) -> bool:
        """False: nothing has happened, for one of them or the commit failed."""
        begun = False
        try:
            async with self._engine.begin() as connection:
                begun = True
                results = [await _part(connection, turn.work) for turn in turns]
        except Exception as error:
            if not begun:  # it would fail for each: none waits for that
                _fail(turns, error)
            return not begun
        for turn, result in zip(turns, results, strict=True):
            turn.succeed(result)
        return True


def _session(bind: AsyncEngine | AsyncConnection) -> AsyncSession:
    return AsyncSession(bind, sync_session_class=OwnRows, expire_on_commit=False)


async def _part(connection: AsyncConnection, work: Work[T]) -> T:
    """`work` in a transaction that others share."""
    async with _session(connection) as session:
        result = await work(session)
        await session.flush()
        return result


def _fail(turns: Sequence[Turn[Any]], error: Exception) -> None:
    try:
        with translated():
            raise error
    except Exception as told:
        for turn in turns:
            turn.fail(told)
