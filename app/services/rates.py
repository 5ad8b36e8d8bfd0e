"""How fast things are done, between two times at which they were counted."""

from collections import deque
from typing import NamedTuple

RATE_SECONDS = 60.0  # that rates are counted over, at most, unless counts are further apart


class Mark(NamedTuple):
    """What had been done at some time."""

    #: As a timer tells.
    at: float
    completed: float
    failed: float
    #: Seconds of sound.
    heard: float


class Rates(NamedTuple):
    """A second; None at first."""

    completed: float | None = None
    failed: float | None = None
    heard: float | None = None


def rates(seen: deque[Mark], now: Mark) -> Rates:
    """Since the earliest of `seen`, which becomes one longer; deleting jobs makes none negative."""
    seen.append(now)
    while len(seen) > 2 and now.at - seen[0].at > RATE_SECONDS:
        seen.popleft()
    seconds = now.at - seen[0].at
    if seconds <= 0:
        return Rates()
    pairs = zip(seen[0][1:], now[1:], strict=True)
    return Rates(*(max(0.0, round((last - first) / seconds, 3)) for first, last in pairs))
