"""Moments that are added to the index by themselves, and kept beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.search import Moment

MAX_RECORDS = 10_000  # in one call
LATEST = 253_402_300_799_999  # milliseconds since the epoch: the last one that a date can tell


@dataclass(frozen=True, kw_only=True)
class Record:
    #: Its id is `moment_id` of the record's own name.
    moment: Moment
    #: Of its text; None: it is made here.
    vector: Sequence[float] | None = None
    #: The model that made the vector.
    model: str | None = None
    #: Counts how often it was put; given by the store.
    revision: int = 1


def moment_id(record_id: str) -> str:
    """Moments of assets end in a number, so that no record is ever taken for one of them."""
    return f"{record_id}#"


def record_name(moment_id: str) -> str:
    """Back from `moment_id`."""
    return moment_id.removesuffix("#")
