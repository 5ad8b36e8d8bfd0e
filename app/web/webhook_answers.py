"""What is told of webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.webhooks import DeliveryState, WebhookEvent
from app.web.answers import Answered, Count, Seconds


class Delivery(Answered):
    id: Annotated[str, Field(pattern=r"^msg_[0-9a-f]{32}$")]
    job_id: UUID
    event: WebhookEvent
    url: str
    state: DeliveryState
    attempts: Count
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None


class DeliveryTry(Answered):
    number: Annotated[int, Field(ge=1)]
    at: datetime
    seconds: Seconds
    status: int | None
    error: str | None


class WholeDelivery(Delivery):
    """With the log of its tries, oldest first."""

    tries: list[DeliveryTry]


class DeliveryPage(Answered):
    deliveries: list[Delivery]
    cursor: str | None
