"""A clock over each download: a source that only keeps the line open holds up a job's place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.domain.errors import SourceUnreachable

LEAST = 32 * 1024  # bytes, each time; about a kilobyte a second


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """Seconds."""

    connect: float = 10.0
    #: Between two pieces of the answer.
    read: float = 30.0
    #: All names, redirects and heads of answers, up to where the medium begins.
    head: float = 60.0
    #: For the next `LEAST` bytes of the medium.
    pace: float = 30.0
    #: All of it.
    total: float = 6 * 3600.0


class Pace:
    """Runs while a source is heard."""

    def __init__(self, clock: asyncio.Timeout, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._due = 0
        self.complaint = "the source does not come to the medium"

    def heard(self, size: int) -> None:
        """So many bytes of the medium came; 0 as it begins."""
        self._due -= size
        if self._due <= 0:
            self._due = LEAST
            self.complaint = f"the source sends less than {LEAST} bytes in {self._seconds:g} s"
            self._clock.reschedule(asyncio.get_running_loop().time() + self._seconds)


@asynccontextmanager
async def paced(limits: TimeLimits) -> AsyncIterator[Pace]:
    """Raises SourceUnreachable when the medium does not begin, or go on, in time."""
    try:
        async with asyncio.timeout(limits.head) as clock:
            pace = Pace(clock, limits.pace)
            yield pace
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise SourceUnreachable(pace.complaint) from error
