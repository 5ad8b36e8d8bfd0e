"""What waits, counted."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.webhooks import DeliveryState


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits at one priority."""

    count: int = 0
    #: When the oldest of them came; None when there is none.
    oldest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    #: By state; zeros too.
    deliveries: dict[DeliveryState, int]
    #: When the job ended of which the oldest pending one tells; None when none is pending.
    oldest: datetime | None = None
