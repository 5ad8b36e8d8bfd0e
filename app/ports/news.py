"""What came of jobs, told as news."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.news import News


class NewsStore(Protocol):
    async def latest(self, limit: int, letters: int) -> Sequence[News]:
        """Jobs that completed or failed, the last end first; none on key-frames.

        Of words so many letters at most.
        """
        ...
