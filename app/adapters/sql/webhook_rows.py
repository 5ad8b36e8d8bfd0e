"""From rows of webhooks to what the domain talks about."""

from collections.abc import Sequence

from app.adapters.sql.webhook_tables import DeliveryRow, DeliveryTryRow
from app.domain.webhooks import Delivery, DeliveryState, DeliveryTry, WebhookEvent


def delivery_from_row(row: DeliveryRow, tries: Sequence[DeliveryTryRow] = ()) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        job_id=row.job_id,
        event=WebhookEvent(row.event),
        url=row.url,
        endpoint=row.endpoint,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        counted_from=row.counted_from,
        next_at=row.next_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        delivered_at=row.delivered_at,
        last_status=row.last_status,
        last_error=row.last_error,
        error_code=row.error_code,
        error_message=row.error_message,
        tries=tuple(_try(each) for each in tries),
    )


def _try(row: DeliveryTryRow) -> DeliveryTry:
    return DeliveryTry(
        number=row.number, at=row.at, seconds=row.seconds, status=row.status, error=row.error
    )
