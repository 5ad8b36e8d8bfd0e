"""Every change of a job's state: one guarded UPDATE with a name, its history in the same go.

The functions run inside a transaction, and take the time from it. Those that take a claimed
`Job` are fenced: once another claim holds the job, they change nothing and return False.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import warnings_from_json, warnings_to_json
from app.adapters.sql.tables import AttemptRow, JobRow
from app.domain.errors import SpoolError
from app.domain.jobs import Job, JobStatus, JobWarning, Stage

#: How an attempt ends whose process died.
INTERRUPTED = {"error_code": "interrupted", "error_message": "the service stopped in mid-work"}


async def claim(session: AsyncSession, now: datetime, job_id: str, boot_id: str) -> bool:
    waiting = and_(JobRow.job_id == job_id, JobRow.status == JobStatus.PENDING.value)
    taken = await _change(
        session,
        waiting,
        status=JobStatus.RUNNING.value,
        boot_id=boot_id,
        attempts=JobRow.attempts + 1,
        error_code=None,
        error_message=None,
        updated_at=now,
    )
    if taken:
        number = await session.scalar(select(JobRow.attempts).where(JobRow.job_id == job_id))
        session.add(AttemptRow(job_id=job_id, number=number, started_at=now))
    return taken


async def advance(session: AsyncSession, now: datetime, job: Job, stage: Stage) -> bool:
    timings = await _timings(session, now, job)
    entered = await _change(
        session,
        held(job),
        stage=stage.value,
        stage_started_at=now,
        timings=timings,
        updated_at=now,
    )
    return entered and await _note_attempt(session, job, stage=stage.value)


async def note_progress(session: AsyncSession, now: datetime, job: Job, progress: float) -> bool:
    """Never back, and never out of 0..1."""
    reached = min(1.0, max(0.0, progress))
    further = case((JobRow.progress < reached, reached), else_=JobRow.progress)
    return await _change(session, held(job), progress=further, updated_at=now)


async def note_duration(session: AsyncSession, now: datetime, job: Job, seconds: float) -> bool:
    return await _change(session, held(job), duration=seconds, updated_at=now)


async def warn(session: AsyncSession, now: datetime, job: Job, warning: JobWarning) -> bool:
    found = select(JobRow.warnings).where(held(job)).with_for_update()
    before = warnings_from_json(await session.scalar(found) or [])
    after = [each for each in before if each.code != warning.code] + [warning]
    return await _change(session, held(job), warnings=warnings_to_json(after), updated_at=now)


async def succeed(session: AsyncSession, now: datetime, job: Job, output_path: str | None) -> bool:
    return await _end(
        session,
        now,
        job,
        status=JobStatus.COMPLETED.value,
        progress=1.0,
        output_path=output_path,
        finished_at=now,
    ) and await _note_attempt(session, job, ended_at=now)


async def fail(session: AsyncSession, now: datetime, job: Job, error: SpoolError) -> bool:
    why = _why(error)
    return await _end(
        session, now, job, status=JobStatus.FAILED.value, finished_at=now, **why
    ) and await _note_attempt(session, job, ended_at=now, **why)


async def retry(session: AsyncSession, now: datetime, job: Job, error: SpoolError) -> bool:
    why = _why(error)
    return await _end(
        session, now, job, status=JobStatus.PENDING.value, stage=None, **why
    ) and await _note_attempt(session, job, ended_at=now, **why)


async def release(session: AsyncSession, now: datetime, job: Job) -> bool:
    given_back = await _end(
        session,
        now,
        job,
        status=JobStatus.PENDING.value,
        stage=None,
        attempts=JobRow.attempts - 1,
    )
    if given_back:
        await session.execute(delete(AttemptRow).where(_attempt(job)))
    return given_back


async def sweep(session: AsyncSession, now: datetime, boot_id: str) -> Sequence[str]:
    abandoned = and_(JobRow.status == JobStatus.RUNNING.value, JobRow.boot_id != boot_id)
    swept = (await session.scalars(select(JobRow.job_id).where(abandoned))).all()
    under_way = and_(
        AttemptRow.ended_at.is_(None),
        AttemptRow.job_id.in_(select(JobRow.job_id).where(abandoned)),
    )
    await session.execute(update(AttemptRow).where(under_way).values(ended_at=now, **INTERRUPTED))
    await session.execute(
        update(JobRow)
        .where(abandoned)
        .values(
            status=JobStatus.PENDING.value,
            stage=None,
            stage_started_at=None,
            boot_id=None,
            updated_at=now,
        )
    )
    return swept


def held(job: Job) -> ColumnElement[bool]:
    """The job's row, as long as this claim holds it."""
    return and_(
        JobRow.job_id == job.job_id,
        JobRow.status == JobStatus.RUNNING.value,
        JobRow.attempts == job.attempts,
        JobRow.boot_id == job.boot_id,
    )


def _attempt(job: Job) -> ColumnElement[bool]:
    return and_(AttemptRow.job_id == job.job_id, AttemptRow.number == job.attempts)


async def _end(session: AsyncSession, now: datetime, job: Job, **values: Any) -> bool:
    """Let go of the claim; the stage under way ends with it."""
    timings = await _timings(session, now, job)
    return await _change(
        session,
        held(job),
        boot_id=None,
        stage_started_at=None,
        timings=timings,
        updated_at=now,
        **values,
    )


async def _change(session: AsyncSession, guard: ColumnElement[bool], **values: Any) -> bool:
    result = await session.execute(update(JobRow).where(guard).values(**values))
    return cast("CursorResult[Any]", result).rowcount == 1


async def _note_attempt(session: AsyncSession, job: Job, **values: Any) -> bool:
    await session.execute(update(AttemptRow).where(_attempt(job)).values(**values))
    return True


async def _timings(session: AsyncSession, now: datetime, job: Job) -> dict[str, float]:
    """With the wall time of the stage that ends. A clock set back takes nothing away."""
    columns = (JobRow.stage, JobRow.stage_started_at, JobRow.timings)
    row = (await session.execute(select(*columns).where(held(job)).with_for_update())).first()
    if row is None or row.stage is None or row.stage_started_at is None:
        return dict(row.timings) if row else {}
    spent = max(0.0, (now - row.stage_started_at).total_seconds())
    return {**row.timings, row.stage: row.timings.get(row.stage, 0.0) + spent}


def _why(error: SpoolError) -> dict[str, str]:
    return {"error_code": error.code, "error_message": error.message}
