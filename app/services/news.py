"""What came of the last jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.news import News
from app.ports import NewsStore

MOST = 50  # jobs
LETTERS = 300  # of the words of each


@dataclass(frozen=True, kw_only=True)
class NewsService:
    store: NewsStore

    async def latest(self) -> Sequence[News]:
        """The last end first."""
        return await self.store.latest(MOST, LETTERS)
