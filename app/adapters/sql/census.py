"""Rows, counted, behind the `Census` port."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.boots import moment
from app.adapters.sql.database import Database
from app.adapters.sql.outbox import PENDING
from app.adapters.sql.tables import BootRow, JobRow
from app.adapters.sql.webhook_tables import DeliveryRow
from app.domain.census import Waiting, Webhooks
from app.domain.clock import utc_now
from app.domain.jobs import JobStatus, Priority, Stage
from app.domain.webhooks import DeliveryState


class SqlCensus:
    """Implements `ports.Census`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self) -> dict[Priority, Waiting]:
        return await self._database.read(_pending)

    async def running(self) -> dict[Stage, int]:
        return await self._database.read(_running)

    async def webhooks(self) -> Webhooks:
        return await self._database.read(_webhooks)

    async def stranded(self, silent_for: float) -> dict[str, int]:
        now = utc_now()
        return await self._database.read(lambda session: _stranded(session, now, silent_for))

    async def answers(self) -> None:
        await self._database.read(_look)


async def _pending(session: AsyncSession) -> dict[Priority, Waiting]:
    query = (
        select(JobRow.priority, func.count(), func.min(JobRow.created_at))
        .where(JobRow.status == JobStatus.PENDING.value)
        .group_by(JobRow.priority)
    )
    rows = (await session.execute(query)).all()
    found = {rank: Waiting(count=count, oldest=oldest) for rank, count, oldest in rows}
    return {priority: found.get(priority.rank, Waiting()) for priority in Priority}


async def _running(session: AsyncSession) -> dict[Stage, int]:
    """One that was just claimed is in none yet: it is on its way to the first."""
    by_stage = (
        select(JobRow.stage, func.count())
        .where(JobRow.status == JobStatus.RUNNING.value)
        .group_by(JobRow.stage)
    )
    found = Counter[str]()
    for stage, count in (await session.execute(by_stage)).all():
        found[stage or Stage.MEDIA_EXTRACTION.value] += count
    return {stage: found[stage.value] for stage in Stage}


async def _webhooks(session: AsyncSession) -> Webhooks:
    by_state = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
    found = {state: count for state, count in (await session.execute(by_state)).all()}
    oldest = select(func.min(DeliveryRow.created_at)).where(PENDING)
    return Webhooks(
        deliveries={state: found.get(state.value, 0) for state in DeliveryState},
        oldest=await session.scalar(oldest),
    )


async def _stranded(session: AsyncSession, now: datetime, silent_for: float) -> dict[str, int]:
    """One that was stopped is soon back: only how long nothing was heard of it counts."""
    since = await moment(session, now) - timedelta(seconds=silent_for)
    heard = select(BootRow.name).where(BootRow.name.is_not(None), BootRow.seen_at >= since)
    at_one = and_(JobRow.home.is_not(None), JobRow.home.not_in(heard))
    waits = JobRow.status == JobStatus.PENDING.value, at_one
    found = select(JobRow.home, func.count()).where(*waits).group_by(JobRow.home)
    return {str(home): count for home, count in (await session.execute(found)).all()}


async def _look(session: AsyncSession) -> None:
    await session.execute(select(1))
