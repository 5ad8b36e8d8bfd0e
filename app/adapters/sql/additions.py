"""Rows that come: of a new job, or none where a client's key named one before. The functions run
inside a transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql import request_keys
from app.adapters.sql.claims import check_held
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.tables import JobRow
from app.adapters.sql.transitions import whole
from app.domain.jobs import IdempotencyKey, Job

#: Made once, and past the ORM: making it takes longer than running it.
ADDED = insert(JobRow.metadata.tables["jobs"]).returning(*JobRow.metadata.tables["jobs"].c)


async def add(
    session: AsyncSession,
    now: datetime,
    row: dict[str, Any],
    key: IdempotencyKey | None,
    held: Job | None,
) -> Job:
    """Or the job that the key named before. The answer is what is stored, read back at once."""
    if key and (before := await answered(session, now, key)):
        return before
    if held is not None:
        await check_held(session, held)
    stored = (await session.execute(ADDED, {**row, "created_at": now, "updated_at": now})).one()
    if key:
        await request_keys.remember(session, now, key, stored.job_id)
    return job_from_row(stored, ())


async def answered(session: AsyncSession, now: datetime, key: IdempotencyKey) -> Job | None:
    job_id = await request_keys.answered(session, now, key)
    return await _found(session, job_id) if job_id else None


async def answer(
    session: AsyncSession, now: datetime, key: IdempotencyKey, job_id: str
) -> Job | None:
    if before := await answered(session, now, key):
        return before
    if job := await _found(session, job_id):
        await request_keys.remember(session, now, key, job_id)
    return job


async def _found(session: AsyncSession, job_id: str) -> Job | None:
    return next(iter(await whole(session, [job_id])), None)
