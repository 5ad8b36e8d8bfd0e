"""How long jobs are kept after their end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Ending(StrEnum):
    COMPLETED = "completed"
    #: For good, and not as a dead letter.
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: Its retries are used up, and nobody has seen to it.
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """Jobs that ended so, before then: their time is over."""

    ending: Ending
    before: datetime


@dataclass(frozen=True, kw_only=True)
class RetentionRules:
    #: Days since the end of a job, by how it ended; 0, or none told: it is kept for ever.
    days: Mapping[Ending, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.days.values())

    def due(self, now: datetime) -> tuple[Expiry, ...]:
        """What may go now."""
        return tuple(
            Expiry(ending=ending, before=now - timedelta(days=self.days[ending]))
            for ending in Ending
            if self.days.get(ending)
        )
