"""What clients asked for under a key of their own, so that asking again does nothing new.

`remember` runs inside the transaction that adds the job: both are committed, or neither.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.tables import RequestKeyRow
from app.domain.errors import InvalidRequest
from app.domain.jobs import IdempotencyKey

KEPT = timedelta(hours=24)


async def answered(session: AsyncSession, now: datetime, key: IdempotencyKey) -> str | None:
    """The job that was the answer. Raises InvalidRequest when something else was asked for."""
    ours = and_(RequestKeyRow.key == key.key, RequestKeyRow.created_at >= now - KEPT)
    before = await session.scalar(select(RequestKeyRow).where(ours))
    if before is None:
        return None
    if before.digest != key.digest:
        raise InvalidRequest(
            "Idempotency-Key: something else was asked for under this key",
            code="request.key_reused",
            hint="a new request needs a new key",
        )
    return before.job_id


async def remember(session: AsyncSession, now: datetime, key: IdempotencyKey, job_id: str) -> None:
    await session.execute(delete(RequestKeyRow).where(RequestKeyRow.created_at < now - KEPT))
    session.add(RequestKeyRow(key=key.key, digest=key.digest, job_id=job_id, created_at=now))
    await session.flush()
