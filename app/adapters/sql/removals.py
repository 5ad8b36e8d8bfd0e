"""Rows that go: of one job, or of many at once. What hangs on a row goes with it. The functions run
inside a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.claims import check_held
from app.adapters.sql.expiry import expired
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.tables import JobRow
from app.domain.jobs import Job, JobStatus
from app.domain.retention import Expiry

IDLE = JobRow.status != JobStatus.RUNNING.value


async def remove(session: AsyncSession, now: datetime, job_id: str, expiry: Expiry | None) -> bool:
    rule = IDLE if expiry is None else expired(expiry)
    gone = await session.execute(
        delete(JobRow)
        .where(JobRow.job_id == job_id, rule)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", gone).rowcount == 1


async def remove_all(
    session: AsyncSession, now: datetime, job_ids: Sequence[str], held: Job | None
) -> list[Job]:
    """Of those that are idle; as they were, without their history."""
    if held is not None:
        await check_held(session, held)
    gone = delete(JobRow).where(JobRow.job_id.in_(job_ids), IDLE)
    rows = await session.execute(gone.returning(*JobRow.__table__.c))
    return [job_from_row(row, ()) for row in rows]
