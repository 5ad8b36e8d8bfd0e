"""Whether work should be sent here now."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.domain.errors import SpoolError, Unavailable
from app.ports import Census
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
    #: A database that hangs is asked once, however often somebody comes.
    _asked: asyncio.Task[None] | None = field(default=None, init=False)

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
            await self._answers()
        except SpoolError as error:
            return [_reason(error)]
        return []

    async def _answers(self) -> None:
        """Not cut short: a transaction that is cancelled is waited for."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self.census.answers())
        asked = self._asked
        await asyncio.wait({asked}, timeout=self.patience)
        if not asked.done():
            told = f"the database did not answer within {self.patience:g} s"
            raise Unavailable(told, code="storage.unavailable")
        asked.result()


def _reason(error: SpoolError) -> Reason:
    return Reason(code=error.code, message=error.message)
