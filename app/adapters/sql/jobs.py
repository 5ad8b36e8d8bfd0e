"""The jobs table behind the `JobStore` port. What changes a job's state is in `transitions`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.adapters.sql import additions, jobs_of_assets, removals, transitions, usage
from app.adapters.sql.codec import options_to_json
from app.adapters.sql.cursor import Cursor, decode_cursor
from app.adapters.sql.database import Database
from app.adapters.sql.expiry import expired
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.sweeping import sweep
from app.adapters.sql.tables import JobRow, listed
from app.domain.clock import Clock, utc_now
from app.domain.errors import InvalidRequest, SpoolError
from app.domain.jobs import (
    IdempotencyKey,
    Job,
    JobCounts,
    JobOptions,
    JobPage,
    JobStatus,
    JobWarning,
    Priority,
    SourceKind,
    Stage,
    Swept,
)
from app.domain.media_types import MediaType, spoken_type_of
from app.domain.quotas import Usage
from app.domain.retention import Expiry

MAX_PAGE = 1000  # jobs
MOST_ALIKE = 50  # jobs on the same bytes that are looked at
PENDING = JobRow.status == JobStatus.PENDING.value


class SqlJobStore:
    """`home`: the instance on whose machine files lie that jobs name by their path; None where
    there is but one instance."""

    def __init__(
        self, database: Database, clock: Clock = utc_now, *, home: str | None = None
    ) -> None:
        self._database, self._clock, self._home = database, clock, home

    async def add(
        self,
        *,
        job_id: str,
        source: SourceKind,
        source_name: str,
        input_path: str,
        options: JobOptions,
        key: IdempotencyKey | None = None,
        sha256: str | None = None,
        requester: str | None = None,
        size: int | None = None,
        held: Job | None = None,
    ) -> Job:
        """Raises Conflict when there is such a job, InvalidRequest on a path no disk can have."""
        row = {
            "job_id": job_id,
            "status": JobStatus.PENDING.value,
            "progress": 0.0,
            "source": source.value,
            "source_name": source_name,
            "input_path": input_path,
            "attempts": 0,
            "options": options_to_json(options),
            "warnings": [],
            "timings": {},
            "asset_id": options.asset_id or job_id,
            "priority": options.priority.rank,
            "sha256": sha256,
            "requester": requester,
            "size": size,
            "media_type": (options.media_type or spoken_type_of(source_name)).value,
            "parent_id": options.parent_id,
            "home": self._home if source is SourceKind.PATH else None,
        }
        return await self._database.change(self._clock, additions.add, row, key, held)

    async def answered(self, key: IdempotencyKey) -> Job | None:
        now = self._clock()
        return await self._database.read(lambda session: additions.answered(session, now, key))

    async def answer(self, key: IdempotencyKey, job_id: str) -> Job | None:
        return await self._database.change(self._clock, additions.answer, key, job_id)

    async def get(self, job_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None
        return await self._database.read(lambda session: _find(session, job_id))

    async def list(
        self,
        *,
        status: JobStatus | None = None,
        dead_letter: bool | None = None,
        media_type: MediaType | None = None,
        frames: bool = False,
        sha256: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        """Raises InvalidRequest also on a `limit` outside 1..1000."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidRequest(f"limit: 1 to {MAX_PAGE}, not {limit}")
        query = _page(limit, decode_cursor(cursor) if cursor is not None else None)
        if status is not None:
            query = query.where(JobRow.status == status.value)
        if dead_letter is not None:
            query = query.where(JobRow.dead_letter.is_(dead_letter))
        if sha256 is not None:
            query = query.where(JobRow.sha256 == sha256)
        if media_type is not None:
            query = query.where(JobRow.media_type == media_type.value)
        if not (frames or dead_letter is not None or media_type is MediaType.KEYFRAME):
            query = query.where(listed(JobRow))  # of other kinds, too: it has the index
        jobs = await self._database.read(lambda session: _fetch(session, query))
        after = _cursor(jobs[limit - 1]) if len(jobs) > limit else None
        return JobPage(jobs=tuple(jobs[:limit]), cursor=after)

    async def count(self) -> JobCounts:
        return await self._database.read(_count)

    async def dead_letters(self) -> int:
        return await self._database.read(_count_dead)

    async def known(self, job_ids: Sequence[str]) -> set[str]:
        return await self._database.read(lambda session: _known(session, job_ids))

    async def pending(self) -> dict[str, Priority]:
        return await self._database.read(_pending)

    async def ahead(self, job: Job) -> int:
        return await self._database.read(lambda session: _count_ahead(session, job))

    async def completed_with(self, sha256: str) -> Sequence[Job]:
        return await self._database.read(lambda session: _completed_with(session, sha256))

    async def of_asset(self, asset_id: str, *, under_way: bool = False) -> Sequence[str]:
        which = jobs_of_assets.on(asset_id, under_way)
        return await self._database.read(lambda session: _ids(session, which))

    async def of_frames(self, video_id: str, *, before: datetime | None = None) -> Sequence[str]:
        which = _frames_of(video_id)
        if before is not None:
            which = and_(which, JobRow.created_at < before)
        return await self._database.read(lambda session: _ids(session, which))

    async def newest(self, asset_ids: Sequence[str], *, living: bool = False) -> dict[str, Job]:
        return await self._database.read(lambda session: _newest(session, asset_ids, living))

    async def overtaken(self, asset_id: str | None = None) -> Sequence[str]:
        which = jobs_of_assets.overtaken(asset_id)
        return await self._database.read(lambda session: _ids(session, which))

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None
        return await self._database.change(self._clock, transitions.claim, job_id, boot_id)

    async def advance(self, job: Job, stage: Stage) -> bool:
        return await self._database.change(self._clock, transitions.advance, job, stage)

    async def note_progress(self, job: Job, progress: float) -> bool:
        return await self._database.change(self._clock, transitions.note_progress, job, progress)

    async def note_duration(self, job: Job, seconds: float) -> bool:
        return await self._database.change(self._clock, transitions.note_duration, job, seconds)

    async def note_engine(self, job: Job, provider: str, model: str) -> bool:
        return await self._database.change(
            self._clock, transitions.note_engine, job, provider, model
        )

    async def note_sha256(self, job: Job, sha256: str, size: int | None = None) -> bool:
        return await self._database.change(self._clock, transitions.note_sha256, job, sha256, size)

    async def warn(self, job: Job, warning: JobWarning) -> bool:
        return await self._database.change(self._clock, transitions.warn, job, warning)

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        return await self._database.change(self._clock, transitions.succeed, job, output_path)

    async def fail(self, job: Job, error: SpoolError, *, dead_letter: bool = False) -> bool:
        return await self._database.change(self._clock, transitions.fail, job, error, dead_letter)

    async def retry(self, job: Job, error: SpoolError, *, after: float = 0.0) -> bool:
        return await self._database.change(self._clock, transitions.retry, job, error, after)

    async def release(self, job: Job) -> bool:
        return await self._database.change(self._clock, transitions.release, job)

    async def cancel(self, job_id: str, *, overtaken: bool = False) -> bool:
        return await self._database.change(self._clock, transitions.cancel, job_id, overtaken)

    async def reopen(self, job: Job) -> bool:
        return await self._database.change(self._clock, transitions.reopen, job)

    async def make_good(self, job_id: str) -> None:
        await self._database.change(self._clock, transitions.make_good, job_id)

    async def used(self, requester: str) -> Usage:
        return await self._database.read(lambda session: usage.used(session, requester))

    async def expired(self, expiry: Expiry, limit: int) -> Sequence[Job]:
        query = _whole().where(expired(expiry)).order_by(JobRow.finished_at, JobRow.job_id)
        return await self._database.read(lambda session: _fetch(session, query.limit(limit)))

    async def delete(self, job_id: str, *, expiry: Expiry | None = None) -> bool:
        return await self._database.change(self._clock, removals.remove, job_id, expiry)

    async def delete_all(self, job_ids: Sequence[str], *, held: Job | None = None) -> Sequence[Job]:
        return await self._database.change(self._clock, removals.remove_all, job_ids, held)

    async def sweep(self, boot_id: str, silent_for: float | None = None) -> Swept:
        return await self._database.change(self._clock, sweep, boot_id, silent_for)


async def _find(session: AsyncSession, job_id: str) -> Job | None:
    jobs = await _fetch(session, _whole().where(JobRow.job_id == job_id))
    return jobs[0] if jobs else None


async def _count(session: AsyncSession) -> JobCounts:
    """In one statement, so of one moment; each of its halves has an index of its own."""
    every = select(literal(0), JobRow.status, func.count()).group_by(JobRow.status)
    shown = select(literal(1), JobRow.status, func.count()).group_by(JobRow.status)
    rows = await session.execute(union_all(every, shown.where(listed(JobRow))))
    found = {(half, JobStatus(status)): number for half, status, number in rows}
    jobs = {status: found.get((1, status), 0) for status in JobStatus}
    frames = {status: found.get((0, status), 0) - jobs[status] for status in JobStatus}
    return JobCounts(jobs=jobs, frames=frames)


async def _count_dead(session: AsyncSession) -> int:
    dead = select(func.count()).select_from(JobRow).where(JobRow.dead_letter.is_(True))
    return await session.scalar(dead) or 0


async def _known(session: AsyncSession, job_ids: Sequence[str]) -> set[str]:
    query = select(JobRow.job_id).where(JobRow.job_id.in_(job_ids))
    return set(await session.scalars(query))


async def _pending(session: AsyncSession) -> dict[str, Priority]:
    waiting = select(JobRow.job_id, JobRow.priority).where(PENDING)
    found = await session.execute(waiting.order_by(*_turn()))
    return {job_id: list(Priority)[rank] for job_id, rank in found}


async def _count_ahead(session: AsyncSession, job: Job) -> int:
    before = tuple_(*_turn()) < tuple_(job.options.priority.rank, job.created_at, job.job_id)
    ahead = select(func.count()).select_from(JobRow).where(PENDING, before)
    return await session.scalar(ahead) or 0


def _turn() -> tuple[InstrumentedAttribute[Any], ...]:
    """Who goes first."""
    return JobRow.priority, JobRow.created_at, JobRow.job_id


async def _completed_with(session: AsyncSession, sha256: str) -> Sequence[Job]:
    query = _whole().where(JobRow.sha256 == sha256, JobRow.status == JobStatus.COMPLETED.value)
    return await _fetch(session, query.order_by(JobRow.created_at.desc()).limit(MOST_ALIKE))


async def _ids(session: AsyncSession, which: ColumnElement[bool]) -> Sequence[str]:
    newest = (JobRow.created_at.desc(), JobRow.job_id.desc())
    return (await session.scalars(select(JobRow.job_id).where(which).order_by(*newest))).all()


def _frames_of(video_id: str) -> ColumnElement[bool]:
    frames = JobRow.media_type == MediaType.KEYFRAME.value
    return and_(frames, JobRow.parent_id == video_id)


async def _newest(session: AsyncSession, asset_ids: Sequence[str], living: bool) -> dict[str, Job]:
    first = jobs_of_assets.newest(asset_ids, living)
    jobs = await _fetch(session, _whole().where(JobRow.job_id.in_(first)))
    return {job.asset_id: job for job in jobs}


def _page(limit: int, after: Cursor | None) -> Select[JobRow]:
    """One job more than asked for, to know whether there is a next page."""
    query = _whole().order_by(JobRow.created_at.desc(), JobRow.job_id.desc()).limit(limit + 1)
    if after is not None:
        tied = and_(JobRow.created_at == after.created_at, JobRow.job_id < after.job_id)
        query = query.where(or_(JobRow.created_at < after.created_at, tied))
    return query


def _cursor(job: Job) -> str:
    return Cursor(created_at=job.created_at, job_id=job.job_id).encode()


def _whole() -> Select[JobRow]:
    return select(JobRow).options(selectinload(JobRow.history))


async def _fetch(session: AsyncSession, query: Select[JobRow]) -> Sequence[Job]:
    return [job_from_row(row, row.history) for row in await session.scalars(query)]
