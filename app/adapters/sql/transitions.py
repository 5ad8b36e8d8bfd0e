"""Every change of a job's state: one guarded UPDATE with a name, its history in the same go.

The functions run inside a transaction, and take the time from it. Those that take a claimed
`Job` are fenced: once another claim holds the job, they change nothing and return False.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.adapters.sql.autopsies import autopsy, paid, why
from app.adapters.sql.codec import warnings_from_json, warnings_to_json
from app.adapters.sql.outbox import announce
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.tables import AttemptRow, JobRow, TranscriptRow
from app.domain.errors import SpoolError
from app.domain.jobs import (
    INDEX_WARNINGS,
    LATE_WARNINGS,
    LOOK_WARNINGS,
    PASSING_WARNINGS,
    Job,
    JobStatus,
    JobWarning,
    Stage,
)
from app.domain.webhooks import WebhookEvent

#: How an attempt ends whose process died.
INTERRUPTED = {"error_code": "interrupted", "error_message": "the service stopped in mid-work"}
KILLER = {
    "error_code": "interrupted",
    "error_message": "the service died whenever this job ran, in the end with nothing beside it",
}
CANCELLED = {"error_code": "cancelled", "error_message": "cancelled on request"}
OVERTAKEN = {
    "error_code": "job.superseded",
    "error_message": "a later job takes the same asset in",
}
#: By stage, the codes that it tells anew.
RETOLD = {Stage.MEDIA_EXTRACTION: LOOK_WARNINGS, Stage.EMBEDDING: LATE_WARNINGS}
ENDED = [status.value for status in JobStatus if status.ended]


async def claim(session: AsyncSession, now: datetime, job_id: str, boot_id: str) -> Job | None:
    waiting = and_(JobRow.job_id == job_id, JobRow.status == JobStatus.PENDING.value)
    claimed = update(JobRow).where(waiting).returning(*JobRow.__table__.c)
    values = {
        "status": JobStatus.RUNNING.value,
        "boot_id": boot_id,
        "reserved_by": None,
        "due_at": None,
        "attempts": JobRow.attempts + 1,
        "error_code": None,
        "error_message": None,
        "updated_at": now,
    }
    row = (await session.execute(claimed.values(values))).first()
    if row is None:
        return None
    attempt = AttemptRow(job_id=job_id, number=row.attempts, started_at=now)
    earlier = await _attempts(session, job_id) if row.attempts > 1 else ()
    session.add(attempt)
    await session.flush()
    return job_from_row(row, (*earlier, attempt))


async def _attempts(session: AsyncSession, job_id: str) -> Sequence[AttemptRow]:
    ours = select(AttemptRow).where(AttemptRow.job_id == job_id)
    return (await session.scalars(ours.order_by(AttemptRow.number))).all()


async def advance(session: AsyncSession, now: datetime, job: Job, stage: Stage) -> bool:
    """A stage takes its warnings of the attempts before back: it will tell its own."""
    timings = await _timings(session, now, job)
    own = RETOLD.get(stage)
    entered = await _change(
        session,
        held(job),
        stage=stage.value,
        stage_started_at=now,
        timings=timings,
        updated_at=now,
        **({"warnings": _without(own, await _warnings(session, job))} if own else {}),
    )
    return entered and await _note_attempt(session, job, stage=stage.value)


async def note_progress(session: AsyncSession, now: datetime, job: Job, progress: float) -> bool:
    """Never back, and never out of 0..1."""
    reached = min(1.0, max(0.0, progress))
    further = case((JobRow.progress < reached, reached), else_=JobRow.progress)
    return await _change(session, held(job), progress=further, updated_at=now)


async def note_engine(
    session: AsyncSession, now: datetime, job: Job, provider: str, model: str
) -> bool:
    return await _change(session, held(job), provider=provider, model=model, updated_at=now)


async def note_duration(session: AsyncSession, now: datetime, job: Job, seconds: float) -> bool:
    return await _change(session, held(job), duration=seconds, updated_at=now)


async def note_sha256(
    session: AsyncSession, now: datetime, job: Job, sha256: str, size: int | None
) -> bool:
    return await _change(session, held(job), sha256=sha256, size=size or job.size, updated_at=now)


async def warn(session: AsyncSession, now: datetime, job: Job, warning: JobWarning) -> bool:
    before = await _warnings(session, job)
    after = [each for each in before if each.code != warning.code] + [warning]
    return await _change(session, held(job), warnings=warnings_to_json(after), updated_at=now)


async def succeed(session: AsyncSession, now: datetime, job: Job, output_path: str | None) -> bool:
    if not await _end(
        session,
        now,
        job,
        status=JobStatus.COMPLETED.value,
        progress=1.0,
        output_path=output_path,
        finished_at=now,
    ):
        return False
    await announce(session, now, job, WebhookEvent.COMPLETED)
    return await _note_attempt(session, job, ended_at=now)


async def fail(
    session: AsyncSession, now: datetime, job: Job, error: SpoolError, dead_letter: bool
) -> bool:
    if not await _end(
        session,
        now,
        job,
        status=JobStatus.FAILED.value,
        finished_at=now,
        dead_letter=dead_letter,
        **paid(error),
        **why(error),
    ):
        return False
    await announce(session, now, job, _failure(dead_letter))
    return await _note_attempt(session, job, ended_at=now, **autopsy(error))


async def retry(
    session: AsyncSession, now: datetime, job: Job, error: SpoolError, after: float
) -> bool:
    return await _end(
        session,
        now,
        job,
        status=JobStatus.PENDING.value,
        stage=None,
        due_at=now + timedelta(seconds=after) if after > 0.0 else None,
        **paid(error),
        **why(error),
    ) and await _note_attempt(session, job, ended_at=now, **autopsy(error))


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


async def cancel(
    session: AsyncSession, now: datetime, job_id: str, overtaken: bool = False
) -> bool:
    reason = OVERTAKEN if overtaken else CANCELLED
    under_way = JobRow.status.in_([JobStatus.PENDING.value, JobStatus.RUNNING.value])
    cancelled = await _change(
        session,
        and_(JobRow.job_id == job_id, under_way),
        status=JobStatus.CANCELLED.value,
        boot_id=None,
        reserved_by=None,
        due_at=None,
        stage_started_at=None,
        finished_at=now,
        updated_at=now,
        **reason,
    )
    if cancelled:
        await end_attempts(session, now, AttemptRow.job_id == job_id, reason)
        for job in await whole(session, [job_id]):
            await announce(session, now, job, WebhookEvent.FAILED)
    return cancelled


async def reopen(session: AsyncSession, now: datetime, job: Job) -> bool:
    seen = and_(
        JobRow.job_id == job.job_id,
        JobRow.status == job.status.value,
        JobRow.status.in_(ENDED),
        JobRow.attempts == job.attempts,
    )
    heard = select(TranscriptRow.job_id).where(TranscriptRow.job_id == job.job_id).exists()
    return await _change(
        session,
        seen,
        provider=case((heard, JobRow.provider), else_=None),
        model=case((heard, JobRow.model), else_=None),
        status=JobStatus.PENDING.value,
        stage=None,
        finished_at=None,
        error_code=None,
        error_message=None,
        errors=0,
        crashes=0,
        deaths=0,
        dead_letter=False,
        progress=case((JobRow.progress < 1.0, JobRow.progress), else_=0.0),
        warnings=_without(PASSING_WARNINGS, job.warnings),
        updated_at=now,
    )


async def make_good(session: AsyncSession, now: datetime, job_id: str) -> bool:
    completed = and_(JobRow.job_id == job_id, JobRow.status == JobStatus.COMPLETED.value)
    told = warnings_from_json(
        await session.scalar(select(JobRow.warnings).where(completed).with_for_update()) or []
    )
    kept = [warning for warning in told if warning.code not in INDEX_WARNINGS]
    if len(kept) == len(told):
        return False
    return await _change(session, completed, warnings=warnings_to_json(kept), updated_at=now)


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


async def whole(session: AsyncSession, job_ids: Sequence[str]) -> list[Job]:
    query = select(JobRow).where(JobRow.job_id.in_(job_ids)).options(selectinload(JobRow.history))
    return [job_from_row(row, row.history) for row in await session.scalars(query)]


async def end_attempts(
    session: AsyncSession, now: datetime, which: ColumnElement[bool], why: dict[str, str]
) -> None:
    under_way = and_(AttemptRow.ended_at.is_(None), which)
    await session.execute(update(AttemptRow).where(under_way).values(ended_at=now, **why))


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


async def _warnings(session: AsyncSession, job: Job) -> Sequence[JobWarning]:
    found = select(JobRow.warnings).where(held(job)).with_for_update()
    return warnings_from_json(await session.scalar(found) or [])


def _without(codes: Collection[str], warnings: Sequence[JobWarning]) -> list[dict[str, Any]]:
    return warnings_to_json(each for each in warnings if each.code not in codes)


def _failure(dead_letter: bool) -> WebhookEvent:
    return WebhookEvent.DEAD_LETTER if dead_letter else WebhookEvent.FAILED
