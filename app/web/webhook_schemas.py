"""What clients may ask about webhooks, and how deliveries are shown to them."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from app.domain.webhooks import Delivery, DeliveryPage, DeliveryState, DeliveryTry
from app.web.schemas import Given, told


class DeliveriesQuery(Given):
    job_id: Annotated[str, Field(max_length=100)] | None = None
    state: DeliveryState | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


def page_view(page: DeliveryPage) -> dict[str, Any]:
    return {
        "deliveries": [delivery_view(each) for each in page.deliveries],
        "cursor": page.cursor,
    }


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.delivery_id,
        "job_id": delivery.job_id,
        "event": delivery.event,
        "url": delivery.shown_url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": told(delivery.next_at),
        "created_at": told(delivery.created_at),
        "updated_at": told(delivery.updated_at),
        "delivered_at": told(delivery.delivered_at),
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }


def whole_view(delivery: Delivery) -> dict[str, Any]:
    """With the log of its tries, oldest first."""
    return delivery_view(delivery) | {"tries": [_try_view(each) for each in delivery.tries]}


def _try_view(tried: DeliveryTry) -> dict[str, Any]:
    return asdict(tried) | {"at": told(tried.at), "seconds": round(tried.seconds, 3)}
