"""The tables of webhooks: deliveries that are owed, their tries, URLs that want no more."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.sql.columns import Prose
from app.adapters.sql.tables import Table, one_of, rule
from app.domain.webhooks import DeliveryState, WebhookEvent


class DeliveryRow(Table):
    __tablename__ = "deliveries"
    __table_args__ = (
        rule("event_known", one_of("event", WebhookEvent)),
        rule("state_known", one_of("state", DeliveryState)),
        rule("attempts_counted", "counted_from >= 0 AND attempts >= counted_from"),
        rule("due_when_pending", "(state = 'pending') = (next_at IS NOT NULL)"),
        rule("delivered_says_when", "(state = 'delivered') = (delivered_at IS NOT NULL)"),
        rule("ended_by_a_try", "state NOT IN ('delivered', 'failed') OR attempts > 0"),
        rule("failed_says_why", "(event = 'job.completed') = (error_code IS NULL)"),
        rule("message_has_code", "error_message IS NULL OR error_code IS NOT NULL"),
        Index(None, "state", "next_at"),
        Index(None, "state", "endpoint", "next_at", "delivery_id"),
        Index(None, "created_at", "delivery_id"),
    )

    delivery_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), index=True)
    event: Mapped[str]
    url: Mapped[str] = mapped_column(Prose)
    endpoint: Mapped[str] = mapped_column(Prose)
    state: Mapped[str]
    attempts: Mapped[int]
    #: What `attempts` was when the delivery was last sent on its way by hand.
    counted_from: Mapped[int]
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Prose)
    #: Of the job, as it was when it ended: it may be under way again when this is sent.
    error_code: Mapped[str | None]
    error_message: Mapped[str | None] = mapped_column(Prose)

    tries: Mapped[list["DeliveryTryRow"]] = relationship(
        order_by="DeliveryTryRow.number", lazy="raise", viewonly=True
    )


class DeliveryTryRow(Table):
    __tablename__ = "delivery_tries"
    __table_args__ = (
        rule("number_counted", "number > 0"),
        rule("seconds_range", "seconds >= 0"),
        rule("says_how_it_went", "status IS NOT NULL OR error IS NOT NULL"),
    )

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("deliveries.delivery_id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    seconds: Mapped[float]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Prose)


class WebhookEndpointRow(Table):
    """A URL that has answered 410: nothing is sent there until somebody replays a delivery."""

    __tablename__ = "webhook_endpoints"

    url: Mapped[str] = mapped_column(Prose, primary_key=True)
    disabled_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Prose)
