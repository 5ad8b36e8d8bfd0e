"""How long jobs are kept after their end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.media_types import MediaType


class Ending(StrEnum):
    COMPLETED = "completed"
    #: For good, and not as a dead letter.
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: Its retries are used up, and nobody has seen to it.
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Which jobs a rule is for. None: of any."""

    media_type: MediaType | None = None
    #: As the asset has it now, or else as the job brought it.
    label: str | None = None


ANY = Kind()


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """Jobs of a kind that ended so, before then: their time is over."""

    ending: Ending
    before: datetime
    kind: Kind = ANY
    #: Those of these kinds are another rule's.
    but: tuple[Kind, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KindRule:
    kind: Kind
    #: 0: for ever.
    days: float


@dataclass(frozen=True, kw_only=True)
class RetentionRules:
    #: Days since the end of a job, by how it ended; 0, or none told: it is kept for ever.
    days: Mapping[Ending, float] = field(default_factory=dict)
    #: Of those that a job is of, the first counts, and not `days`. For dead letters `days` does,
    #: but that a kind that is kept for ever keeps them, too.
    kinds: Sequence[KindRule] = ()

    def __bool__(self) -> bool:
        return any(self.days.values()) or any(rule.days for rule in self.kinds)

    def due(self, now: datetime) -> tuple[Expiry, ...]:
        """What may go now. No job is in two of them."""
        return (*self._by_kind(now), *self._by_ending(now))

    def _by_kind(self, now: datetime) -> Iterator[Expiry]:
        for number, rule in enumerate(self.kinds):
            before, earlier = now - timedelta(days=rule.days), self._kinds(number)
            for ending in Ending if rule.days else ():
                if ending is not Ending.DEAD_LETTER:
                    yield Expiry(ending=ending, before=before, kind=rule.kind, but=earlier)

    def _by_ending(self, now: datetime) -> Iterator[Expiry]:
        kept = tuple(rule.kind for rule in self.kinds if not rule.days)
        for ending in Ending:
            if days := self.days.get(ending):
                but = kept if ending is Ending.DEAD_LETTER else self._kinds()
                yield Expiry(ending=ending, before=now - timedelta(days=days), but=but)

    def _kinds(self, number: int | None = None) -> tuple[Kind, ...]:
        """Of the first so many rules, or of all."""
        return tuple(rule.kind for rule in self.kinds[:number])
