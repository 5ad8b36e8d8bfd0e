"""How much all who live on the database can do at once."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.jobs import JobStatus
from app.ports import JobStore
from app.services.seldom import Seldom
from app.services.tenancy import Tenancy

FRESH = 1.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Capacity:
    #: Jobs that run at once.
    places: int
    #: Who runs them; each has a place more for one that somebody waits for.
    instances: int
    running: int


class AllPlaces:
    """Of who is alone nothing is asked."""

    def __init__(self, tenancy: Tenancy, store: JobStore, running: Callable[[], int]) -> None:
        """`running`: jobs that we run."""
        self._tenancy, self._running = tenancy, running
        self._counts = Seldom(store.count, FRESH)

    async def now(self) -> Capacity:
        others = len(self._tenancy.others)
        running = await self._of_all() if others else self._running()
        return Capacity(places=self._tenancy.places, instances=1 + others, running=running)

    async def _of_all(self) -> int:
        return (await self._counts.get()).of(JobStatus.RUNNING)
