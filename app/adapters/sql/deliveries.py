"""Webhooks that are owed, behind the `DeliveryStore` port. What changes one is in `outbox`."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.adapters.sql import outbox
from app.adapters.sql.cursor import Cursor, decode_cursor
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.outbox import PENDING
from app.adapters.sql.webhook_rows import delivery_from_row
from app.adapters.sql.webhook_tables import DeliveryRow
from app.domain.clock import Clock, utc_now
from app.domain.webhooks import (
    AHEAD,
    Delivery,
    DeliveryPage,
    DeliveryState,
    DeliveryTry,
    is_delivery_id,
)

ORDER = (DeliveryRow.next_at, DeliveryRow.delivery_id)


class SqlDeliveryStore:
    """Implements `ports.DeliveryStore`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def due(self, *, excluded: Collection[str], limit: int) -> Sequence[Delivery]:
        now = self._clock()
        return await self._database.read(lambda session: _due(session, now, excluded, limit))

    async def next_due(self, *, excluded: Collection[str]) -> datetime | None:
        waiting = and_(PENDING, DeliveryRow.endpoint.not_in(excluded))
        first = select(func.min(DeliveryRow.next_at)).where(waiting)
        return await self._database.read(lambda session: session.scalar(first))

    async def get(self, delivery_id: str) -> Delivery | None:
        if not is_delivery_id(delivery_id):
            return None
        return await self._database.read(lambda session: _find(session, delivery_id))

    async def list(
        self,
        *,
        job_id: str | None = None,
        state: DeliveryState | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> DeliveryPage:
        query = _page(job_id, state, limit, decode_cursor(cursor) if cursor is not None else None)
        if job_id is not None and not is_job_id(job_id):
            return DeliveryPage(deliveries=())
        found = await self._database.read(lambda session: _fetch(session, query))
        after = _cursor(found[limit - 1]) if len(found) > limit else None
        return DeliveryPage(deliveries=tuple(found[:limit]), cursor=after)

    async def succeed(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        return await self._database.change(self._clock, outbox.succeed, delivery, tried)

    async def postpone(self, delivery: Delivery, tried: DeliveryTry, next_at: datetime) -> bool:
        return await self._database.change(self._clock, outbox.postpone, delivery, tried, next_at)

    async def give_up(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        return await self._database.change(self._clock, outbox.give_up, delivery, tried)

    async def disable(self, delivery: Delivery, tried: DeliveryTry) -> bool:
        return await self._database.change(self._clock, outbox.disable, delivery, tried)

    async def replay(self, delivery_id: str) -> Delivery | None:
        if not is_delivery_id(delivery_id):
            return None
        return await self._database.change(self._clock, _replay, delivery_id)


async def _due(
    session: AsyncSession, now: datetime, excluded: Collection[str], limit: int
) -> Sequence[Delivery]:
    """The first of each endpoint, so that a long line before one door hides no other door."""
    due = or_(DeliveryRow.next_at <= now, DeliveryRow.updated_at > now + AHEAD)
    first = and_(DeliveryRow.delivery_id.in_(_firsts()), due)
    query = select(DeliveryRow).where(first, DeliveryRow.endpoint.not_in(excluded))
    return await _fetch(session, query.order_by(*ORDER).limit(limit))


def _firsts() -> Select[str]:
    """From endpoint to endpoint along the index: as long as there are endpoints, not rows."""
    doors = select(func.min(DeliveryRow.endpoint).label("endpoint")).where(PENDING)
    door = doors.cte("door", recursive=True)
    beyond = and_(PENDING, DeliveryRow.endpoint > door.c.endpoint)
    following = select(func.min(DeliveryRow.endpoint)).where(beyond).scalar_subquery()
    door = door.union_all(select(following).where(door.c.endpoint.is_not(None)))
    waiting = and_(PENDING, DeliveryRow.endpoint == door.c.endpoint)
    first = select(DeliveryRow.delivery_id).where(waiting).order_by(*ORDER).limit(1)
    return select(first.scalar_subquery()).select_from(door)


async def _replay(session: AsyncSession, now: datetime, delivery_id: str) -> Delivery | None:
    if not await outbox.replay(session, now, delivery_id):
        return None
    return await _find(session, delivery_id)


async def _find(session: AsyncSession, delivery_id: str) -> Delivery | None:
    query = select(DeliveryRow).where(DeliveryRow.delivery_id == delivery_id)
    row = await session.scalar(query.options(selectinload(DeliveryRow.tries)))
    return None if row is None else delivery_from_row(row, row.tries)


async def _fetch(session: AsyncSession, query: Select[DeliveryRow]) -> Sequence[Delivery]:
    return [delivery_from_row(row) for row in await session.scalars(query)]


def _page(
    job_id: str | None, state: DeliveryState | None, limit: int, after: Cursor | None
) -> Select[DeliveryRow]:
    """One more than asked for, to know whether there is a next page."""
    place = (DeliveryRow.created_at, DeliveryRow.delivery_id)
    query = select(DeliveryRow).order_by(*(column.desc() for column in place)).limit(limit + 1)
    if job_id is not None:
        query = query.where(DeliveryRow.job_id == job_id)
    if state is not None:
        query = query.where(DeliveryRow.state == state.value)
    if after is not None:
        last = (after.created_at, f"msg_{uuid.UUID(after.job_id).hex}")
        query = query.where(tuple_(*place) < last)
    return query


def _cursor(delivery: Delivery) -> str:
    """The id of a delivery is that of a job, written in another way."""
    number = str(uuid.UUID(delivery.delivery_id.removeprefix("msg_")))
    return Cursor(created_at=delivery.created_at, job_id=number).encode()
