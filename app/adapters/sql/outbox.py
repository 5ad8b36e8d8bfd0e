"""What webhooks owe: written in the transaction that ends a job, and worked off try by try.

The functions run inside a transaction, and take the time from it. Those that note a try are
fenced: once the delivery has gone on without it, they change nothing and return False.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.tables import JobRow
from app.adapters.sql.webhook_tables import DeliveryRow, DeliveryTryRow, WebhookEndpointRow
from app.domain.jobs import Job
from app.domain.webhooks import (
    Delivery,
    DeliveryState,
    DeliveryTry,
    WebhookEvent,
    endpoint_of,
    new_delivery_id,
)

PENDING = DeliveryRow.state == DeliveryState.PENDING.value


async def announce(session: AsyncSession, now: datetime, job: Job, event: WebhookEvent) -> None:
    """Owe the job's webhook, if it has one; call it once the job's row tells how it ended."""
    if (url := job.options.webhook_url) is None:
        return
    disabled = await session.get(WebhookEndpointRow, url) is not None
    columns = (JobRow.error_code, JobRow.error_message)
    why = (await session.execute(select(*columns).where(JobRow.job_id == job.job_id))).one()
    failed = event is not WebhookEvent.COMPLETED
    row = DeliveryRow(
        delivery_id=new_delivery_id(),
        job_id=job.job_id,
        event=event.value,
        url=url,
        endpoint=endpoint_of(url),
        state=(DeliveryState.DISABLED if disabled else DeliveryState.PENDING).value,
        attempts=0,
        counted_from=0,
        next_at=None if disabled else now,
        created_at=now,
        updated_at=now,
        error_code=(why.error_code or "internal") if failed else None,
        error_message=why.error_message if failed else None,
    )
    session.add(row)
    await session.flush()


async def succeed(
    session: AsyncSession, now: datetime, delivery: Delivery, tried: DeliveryTry
) -> bool:
    delivered = {"state": DeliveryState.DELIVERED.value, "next_at": None, "delivered_at": now}
    return await _tried(session, now, delivery, tried, delivered)


async def postpone(
    session: AsyncSession,
    now: datetime,
    delivery: Delivery,
    tried: DeliveryTry,
    next_at: datetime,
) -> bool:
    return await _tried(session, now, delivery, tried, {"next_at": next_at})


async def give_up(
    session: AsyncSession, now: datetime, delivery: Delivery, tried: DeliveryTry
) -> bool:
    given_up = {"state": DeliveryState.FAILED.value, "next_at": None}
    return await _tried(session, now, delivery, tried, given_up)


async def disable(
    session: AsyncSession, now: datetime, delivery: Delivery, tried: DeliveryTry
) -> bool:
    """The URL, and with it all that is still owed to it."""
    if not await _tried(session, now, delivery, tried, {}):
        return False
    reason = f"answered {tried.status} to {delivery.delivery_id}"
    await session.merge(WebhookEndpointRow(url=delivery.url, disabled_at=now, reason=reason))
    owed = update(DeliveryRow).where(PENDING, DeliveryRow.url == delivery.url)
    disabled = {"state": DeliveryState.DISABLED.value, "next_at": None, "updated_at": now}
    await session.execute(owed.values(disabled))
    return True


async def replay(session: AsyncSession, now: datetime, delivery_id: str) -> bool:
    this = DeliveryRow.delivery_id == delivery_id
    url = select(DeliveryRow.url).where(this).scalar_subquery()
    await session.execute(delete(WebhookEndpointRow).where(WebhookEndpointRow.url == url))
    again = {
        "state": DeliveryState.PENDING.value,
        "counted_from": DeliveryRow.attempts,
        "next_at": now,
        "delivered_at": None,
        "updated_at": now,
    }
    changed = await session.execute(update(DeliveryRow).where(this).values(again))
    return cast("CursorResult[Any]", changed).rowcount == 1


async def _tried(
    session: AsyncSession,
    now: datetime,
    delivery: Delivery,
    tried: DeliveryTry,
    outcome: dict[str, Any],
) -> bool:
    """Note the try, unless the delivery has gone on meanwhile: noted already, or replayed."""
    expected = and_(
        DeliveryRow.delivery_id == delivery.delivery_id,
        DeliveryRow.attempts == delivery.attempts,
        DeliveryRow.counted_from == delivery.counted_from,
        PENDING,
    )
    values = {
        "attempts": tried.number,
        "last_status": tried.status,
        "last_error": tried.error,
        "updated_at": now,
        **outcome,
    }
    changed = await session.execute(update(DeliveryRow).where(expected).values(values))
    if cast("CursorResult[Any]", changed).rowcount != 1:
        return False
    row = DeliveryTryRow(
        delivery_id=delivery.delivery_id,
        number=tried.number,
        at=tried.at,
        seconds=tried.seconds,
        status=tried.status,
        error=tried.error,
    )
    session.add(row)
    await session.flush()
    return True
