"""What dead runs left running is taken from them: inside one transaction, of one set of rows."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.boots import alive, moment
from app.adapters.sql.outbox import announce
from app.adapters.sql.tables import AttemptRow, BootRow, JobRow
from app.adapters.sql.transitions import INTERRUPTED, KILLER, end_attempts, whole
from app.domain.jobs import SUSPECT_DEATHS, JobStatus, Swept
from app.domain.webhooks import WebhookEvent


async def sweep(
    session: AsyncSession, now: datetime, boot_id: str, silent_for: float | None
) -> Swept:
    held = await _abandoned(session, now, boot_id, silent_for)
    abandoned = JobRow.job_id.in_(held)
    swept = update(JobRow).values(
        deaths=JobRow.deaths + 1, stage_started_at=None, boot_id=None, updated_at=now
    )
    killers = and_(abandoned, JobRow.deaths >= SUSPECT_DEATHS)
    failed = swept.where(killers).values(
        status=JobStatus.FAILED.value, dead_letter=True, finished_at=now, **KILLER
    )
    await end_attempts(session, now, AttemptRow.job_id.in_(held), INTERRUPTED)
    dead = (await session.scalars(failed.returning(JobRow.job_id))).all()
    for job in await whole(session, dead):
        await announce(session, now, job, WebhookEvent.DEAD_LETTER)
    left = and_(abandoned, JobRow.status == JobStatus.RUNNING.value)
    again = swept.where(left).values(status=JobStatus.PENDING.value, stage=None)
    pending = (await session.scalars(again.returning(JobRow.job_id))).all()
    return Swept(pending=tuple(pending), dead=tuple(dead))


async def _abandoned(
    session: AsyncSession, now: datetime, boot_id: str, silent_for: float | None
) -> list[str]:
    """Locked. What somebody else just has in hand is passed over: the next sweep sees it."""
    others = and_(JobRow.status == JobStatus.RUNNING.value, JobRow.boot_id != boot_id)
    if silent_for is not None:
        others = and_(others, await _silent(session, now, silent_for))
    found = select(JobRow.job_id).where(others).with_for_update(skip_locked=True)
    return list(await session.scalars(found))


async def _silent(session: AsyncSession, now: datetime, silent_for: float) -> ColumnElement[bool]:
    lives = select(BootRow.boot_id).where(alive(await moment(session, now), silent_for))
    return JobRow.boot_id.not_in(lives)
