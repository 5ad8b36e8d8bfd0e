"""The queue of all instances: the rows of pending jobs themselves, on a database server.

Who takes a job off it reserves it and does not claim it yet: it may have to wait for its lane, and
a claim counts as an attempt. A reservation ends with the run that has it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.boots import alive, moment
from app.adapters.sql.database import Database
from app.adapters.sql.idle import Idle
from app.adapters.sql.tables import BootRow, JobRow
from app.domain.boots import SILENT_AFTER
from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.jobs import JobStatus, Priority
from app.domain.payload import job_id_in

LOOK = 5.0  # seconds between two looks when nothing is told
AT_ONCE = 0.001  # seconds
PENDING = JobRow.status == JobStatus.PENDING.value


class SqlQueue:
    """`boot_id`: the run that reserves. `home`: files of this instance's machine can be read.

    `told` is called when something was put in, for other instances to look.
    """

    lasting = True

    def __init__(
        self,
        database: Database,
        *,
        boot_id: Callable[[], str],
        home: str,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._boot_id, self._home, self._told = database, boot_id, home, told
        self._idle = Idle()
        self._size = 0
        #: What could not be put back when the database failed: our reservation still holds it.
        self._owed: dict[str, float] = {}
        #: Put back by us, and not pending: they may be held by us, and walked by nobody.
        self._doubtful: deque[str] = deque()
        #: Something may be reserved for us of which we were not told.
        self._unsure = False

    async def enqueue(
        self, payload: dict[str, str], priority: Priority = Priority.NORMAL, after: float = 0.0
    ) -> None:
        """It goes by the priority in its row. Never fails for the database: it is put in later.

        Without `after` it is told of only: somebody may have reserved it since it was committed.
        Raises ValueError on a foreign payload.
        """
        job_id = job_id_in(payload)
        if after > 0.0:
            self._owed[job_id] = after
            try:
                await self._settle()
            except SpoolError:
                return
        self.nudge()
        self._told()

    async def dequeue(self, lowest: Priority = Priority.BATCH) -> dict[str, str]:
        """Raises SpoolError when the database fails."""
        while True:
            told = self._idle.told
            await self._settle()
            if job_id := await self._next(lowest):
                self._idle.wake()  # one for the next, if there is one
                return {"job_id": job_id}
            wait = await self._database.read(_until_due)
            if told == self._idle.told:  # else there may be something since we looked
                await self._idle.wait(lowest, min(LOOK, wait))

    def size(self) -> int:
        return self._size

    def nudge(self) -> None:
        """There may be something: one who waits looks, and who looks just now looks again."""
        self._idle.tell()

    async def count(self) -> None:
        """For ever: see how many wait."""
        while True:
            try:
                self._size = await self._database.read(_count)
            except SpoolError:
                pass  # whoever asks for it at such a time has other troubles
            await asyncio.sleep(LOOK)

    async def _settle(self) -> None:
        if self._unsure:
            self._unsure = False
            with self._doubted():
                await self._database.write(partial(_let_go_of_all, boot_id=self._boot_id()))
        for job_id, after in list(self._owed.items()):
            waits = await self._database.change(utc_now, _let_go, job_id, after)
            if self._owed.pop(job_id, None) is not None and not waits:
                asyncio.get_running_loop().call_later(after, self._doubt, job_id)

    def _doubt(self, job_id: str) -> None:
        self._doubtful.append(job_id)
        self.nudge()

    async def _next(self, lowest: Priority) -> str | None:
        """What is in doubt goes to who takes anything."""
        if self._doubtful and lowest is Priority.BATCH:
            return self._doubtful.popleft()
        return await self._reserved(lowest)

    async def _reserved(self, lowest: Priority) -> str | None:
        """One who gives up meanwhile leaves what he has got to others."""
        taking = asyncio.ensure_future(self._taking(lowest))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.wait({taking})
            if not taking.cancelled() and not taking.exception() and (job_id := taking.result()):
                await asyncio.shield(self.enqueue({"job_id": job_id}, after=AT_ONCE))
            raise

    async def _taking(self, lowest: Priority) -> str | None:
        with self._doubted():
            return await self._database.change(
                utc_now, _reserve, self._boot_id(), self._home, lowest
            )

    @contextmanager
    def _doubted(self) -> Iterator[None]:
        """Where no answer comes, it may have been done all the same."""
        try:
            yield
        except BaseException:
            self._unsure = True
            raise


async def _reserve(
    session: AsyncSession, now: datetime, boot_id: str, home: str, lowest: Priority
) -> str | None:
    """Nothing for a run that has not begun, or has ended: others would take it away at once."""
    now = await moment(session, now)
    lives = select(BootRow.boot_id).where(alive(now, SILENT_AFTER))
    free = or_(JobRow.reserved_by.is_(None), JobRow.reserved_by.not_in(lives))
    here = or_(JobRow.home.is_(None), JobRow.home == home)
    due = or_(JobRow.due_at.is_(None), JobRow.due_at <= now)
    ours = select(BootRow.boot_id).where(BootRow.boot_id == boot_id, BootRow.ended_at.is_(None))
    which = and_(PENDING, JobRow.priority <= lowest.rank, free, here, due, ours.exists())
    first = select(JobRow.job_id).where(which)
    first = first.order_by(JobRow.priority, JobRow.created_at, JobRow.job_id).limit(1)
    one = first.with_for_update(skip_locked=True).scalar_subquery()
    reserved = update(JobRow).where(JobRow.job_id == one).values(reserved_by=boot_id)
    return await session.scalar(reserved.returning(JobRow.job_id))


async def _let_go(session: AsyncSession, now: datetime, job_id: str, after: float) -> bool:
    """Whether it waits."""
    due = (await moment(session, now)) + timedelta(seconds=after) if after > 0.0 else None
    waits = and_(JobRow.job_id == job_id, PENDING)
    freed = update(JobRow).where(waits).values(reserved_by=None, due_at=due)
    return await session.scalar(freed.returning(JobRow.job_id)) is not None


async def _let_go_of_all(session: AsyncSession, boot_id: str) -> None:
    """Whoever has one of them in hand goes on with it: a claim asks for no reservation."""
    ours = and_(PENDING, JobRow.reserved_by == boot_id)
    await session.execute(update(JobRow).where(ours).values(reserved_by=None))


async def _until_due(session: AsyncSession) -> float:
    """Seconds until a job's wait is over."""
    now = await moment(session, utc_now())
    first = select(func.min(JobRow.due_at)).where(PENDING, JobRow.due_at > now)
    due = await session.scalar(first)
    return LOOK if due is None else max(0.0, (due - now).total_seconds())


async def _count(session: AsyncSession) -> int:
    waiting: Select[int] = select(func.count()).select_from(JobRow)
    return await session.scalar(waiting.where(PENDING, JobRow.reserved_by.is_(None))) or 0
