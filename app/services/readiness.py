"""Whether work should be sent here now."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.errors import SpoolError, Unavailable
from app.ports import Census
from app.services.asked_once import AskedOnce
from app.services.disk import DiskGuard
from app.services.watch import JobWatch

PATIENCE = 1.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why not."""

    code: str
    message: str


@dataclass(kw_only=True)
class Readiness:
    """Models that load are no reason: jobs are taken in, and wait for them."""

    census: Census
    disk: DiskGuard
    watch: JobWatch
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        self._answer = AskedOnce(lambda: self.census.answers())

    async def reasons(self) -> tuple[Reason, ...]:
        """None: it is ready. Within `patience` seconds."""
        return (*self._at_hand(), *await self._of_the_database())

    def _at_hand(self) -> Iterator[Reason]:
        if self.watch.closed:
            yield Reason(code="service.stopping", message="the service stops")
        try:
            self.disk.require()
        except SpoolError as error:
            yield _reason(error)

    async def _of_the_database(self) -> list[Reason]:
        try:
            await self._answer.within(self.patience)
        except TimeoutError:
            told = f"the database did not answer within {self.patience:g} s"
            return [_reason(Unavailable(told, code="storage.unavailable"))]
        except SpoolError as error:
            return [_reason(error)]
        return []


def _reason(error: SpoolError) -> Reason:
    return Reason(code=error.code, message=error.message)
