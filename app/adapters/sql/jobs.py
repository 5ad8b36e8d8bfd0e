"""The jobs table behind the `JobStore` port. What changes a job's state is in `transitions`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.adapters.sql import transitions
from app.adapters.sql.clock import Clock, utc_now
from app.adapters.sql.codec import options_to_json
from app.adapters.sql.cursor import Cursor, decode_cursor
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.tables import JobRow
from app.domain.errors import InvalidRequest, SpoolError
from app.domain.jobs import Job, JobOptions, JobPage, JobStatus, JobWarning, SourceKind, Stage

P = ParamSpec("P")
T = TypeVar("T")

MAX_PAGE = 1000  # jobs


class SqlJobStore:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def add(
        self,
        *,
        job_id: str,
        source: SourceKind,
        source_name: str,
        input_path: str,
        options: JobOptions,
    ) -> Job:
        """Raises Conflict when there is such a job, InvalidRequest on a path no disk can have."""
        row = JobRow(
            job_id=job_id,
            status=JobStatus.PENDING.value,
            progress=0.0,
            source=source.value,
            source_name=source_name,
            input_path=input_path,
            attempts=0,
            options=options_to_json(options),
            warnings=[],
            timings={},
            asset_id=options.asset_id or job_id,
        )
        return await self._change(_insert, row)

    async def get(self, job_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None
        return await self._database.read(lambda session: _find(session, job_id))

    async def list(
        self, *, status: JobStatus | None = None, limit: int = 50, cursor: str | None = None
    ) -> JobPage:
        """Raises InvalidRequest also on a `limit` outside 1..1000."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidRequest(f"limit: 1 to {MAX_PAGE}, not {limit}")
        query = _page(status, limit, decode_cursor(cursor) if cursor is not None else None)
        jobs = await self._database.read(lambda session: _fetch(session, query))
        after = _cursor(jobs[limit - 1]) if len(jobs) > limit else None
        return JobPage(jobs=tuple(jobs[:limit]), cursor=after)

    async def count(self) -> dict[JobStatus, int]:
        """By status; zeros too."""
        return await self._database.read(_count)

    async def pending(self) -> Sequence[str]:
        return await self._database.read(_pending)

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None
        return await self._change(_claim, job_id, boot_id)

    async def advance(self, job: Job, stage: Stage) -> bool:
        return await self._change(transitions.advance, job, stage)

    async def note_progress(self, job: Job, progress: float) -> bool:
        return await self._change(transitions.note_progress, job, progress)

    async def note_duration(self, job: Job, seconds: float) -> bool:
        return await self._change(transitions.note_duration, job, seconds)

    async def warn(self, job: Job, warning: JobWarning) -> bool:
        return await self._change(transitions.warn, job, warning)

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        return await self._change(transitions.succeed, job, output_path)

    async def fail(self, job: Job, error: SpoolError) -> bool:
        return await self._change(transitions.fail, job, error)

    async def retry(self, job: Job, error: SpoolError) -> bool:
        return await self._change(transitions.retry, job, error)

    async def release(self, job: Job) -> bool:
        return await self._change(transitions.release, job)

    async def sweep(self, boot_id: str) -> Sequence[str]:
        return await self._change(transitions.sweep, boot_id)

    async def _change(
        self,
        transition: Callable[Concatenate[AsyncSession, datetime, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The time is read when it is this transaction's turn, so that times never cross."""
        return await self._database.write(
            lambda session: transition(session, self._clock(), *args, **kwargs)
        )


async def _insert(session: AsyncSession, now: datetime, row: JobRow) -> Job:
    row.created_at = row.updated_at = now
    session.add(row)
    await session.flush()
    session.expunge(row)  # read back: the answer is what is stored
    [job] = await _fetch(session, _whole().where(JobRow.job_id == row.job_id))
    return job


async def _find(session: AsyncSession, job_id: str) -> Job | None:
    jobs = await _fetch(session, _whole().where(JobRow.job_id == job_id))
    return jobs[0] if jobs else None


async def _claim(session: AsyncSession, now: datetime, job_id: str, boot_id: str) -> Job | None:
    if not await transitions.claim(session, now, job_id, boot_id):
        return None
    return await _find(session, job_id)


async def _count(session: AsyncSession) -> dict[JobStatus, int]:
    query = select(JobRow.status, func.count()).group_by(JobRow.status)
    found = {status: number for status, number in await session.execute(query)}
    return {status: found.get(status.value, 0) for status in JobStatus}


async def _pending(session: AsyncSession) -> Sequence[str]:
    waiting = select(JobRow.job_id).where(JobRow.status == JobStatus.PENDING.value)
    return (await session.scalars(waiting.order_by(JobRow.created_at, JobRow.job_id))).all()


def _page(status: JobStatus | None, limit: int, after: Cursor | None) -> Select[JobRow]:
    """One job more than asked for, to know whether there is a next page."""
    query = _whole().order_by(JobRow.created_at.desc(), JobRow.job_id.desc()).limit(limit + 1)
    if status is not None:
        query = query.where(JobRow.status == status.value)
    if after is not None:
        tied = and_(JobRow.created_at == after.created_at, JobRow.job_id < after.job_id)
        query = query.where(or_(JobRow.created_at < after.created_at, tied))
    return query


def _cursor(job: Job) -> str:
    return Cursor(created_at=job.created_at, job_id=job.job_id).encode()


def _whole() -> Select[JobRow]:
    return select(JobRow).options(selectinload(JobRow.history))


async def _fetch(session: AsyncSession, query: Select[JobRow]) -> Sequence[Job]:
    return [job_from_row(row) for row in await session.scalars(query)]
