"""Where the stores get their time from."""

from collections.abc import Callable
from datetime import UTC, datetime

#: The wall time, timezone-aware.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)
