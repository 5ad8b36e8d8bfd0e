"""Files that no job needs: what a deletion, or a dead run, left behind."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from loguru import logger

from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.jobs import PASSING
from app.domain.metrics import ORPHANS_REMOVED, UNCOUNTED
from app.domain.uploads import FOLDER as UPLOADS
from app.ports import Meter
from app.services.job_files import KEPT, JobFiles

QUARANTINE = "quarantine"

#: Those of some ids that something is known of.
Known: TypeAlias = Callable[[Sequence[str]], Awaitable[set[str]]]
#: While others write files whose rows are still to come.
YOUNG = timedelta(hours=24)
Dispose: TypeAlias = Callable[[Sequence[str]], Awaitable[object]]


class Starts(Protocol):
    """What the database knows of the service's runs."""

    async def known(self, boot_id: str) -> bool: ...

    async def begin(self, boot_id: str) -> None:
        """Durable when this returns."""
        ...


class Mark(Protocol):
    """What the files know of their database."""

    async def read(self) -> str | None:
        """The start that last used the files."""
        ...

    async def last_job(self) -> str | None:
        """The job that was taken in last."""
        ...

    async def write(self, boot_id: str) -> None:
        """Durable when this returns."""
        ...


@dataclass(frozen=True, kw_only=True)
class FileSweep:
    """`run_once` at start, before the port opens: an upload under way would be taken for a
    leftover. `tidy` while the service runs: it takes nothing that is younger than a day.

    A file without a row, be it of a job or of an upload that is to be one, is what a request that
    was never acknowledged left, or a deletion, and goes. But not when the database is older than
    the files (a backup, or its log is gone): then the row may be what is missing, and the file is
    set aside. Cut short at any point and run again, it ends the same.
    """

    files: JobFiles
    mark: Mark
    boots: Starts
    known_jobs: Known
    #: Of resumable uploads that are no job yet: those that may have their final name, and all.
    hashed_uploads: Known
    growing_uploads: Known
    now: Callable[[], datetime] = utc_now
    meter: Meter = UNCOUNTED

    async def run_once(self, boot_id: str) -> int:
        """Sweep, then tie files and database to this start; returns how many files went.

        After a disk that refuses, the next start goes on, and knows as much as this one.
        """
        try:
            swept = await self._sweep()
            await self.boots.begin(boot_id)
            await self.mark.write(boot_id)
        except SpoolError as error:
            logger.warning("leftover files stay until the next start: {}", error.message)
            return 0
        return swept

    async def orphans(self) -> Sequence[str]:
        """What `tidy` would remove now."""
        found: list[str] = []

        async def tell(keys: Sequence[str]) -> None:
            found.extend(keys)

        await self._tidy(tell)
        return found

    async def tidy(self) -> int:
        """While the service runs: remove orphans that are no longer young; returns how many."""
        removed = await self._tidy(self.files.remove)
        self.meter.add(ORPHANS_REMOVED, removed)
        if removed:
            logger.info("{} files without a job are removed", removed)
        return removed

    async def _tidy(self, dispose: Dispose) -> int:
        """None while the database may be older than the files: the next start sets them aside."""
        if await self._is_older():
            logger.debug("files without a job stay: the database may be older than they are")
            return 0
        before = self.now() - YOUNG
        passing = await self._clear((PASSING,), dispose, known=self.known_jobs, before=before)
        return passing + await self._clear_orphans(dispose, before)

    async def _sweep(self) -> int:
        passing = await self._clear((PASSING,), self.files.remove, known=_no_job)
        if await self._is_older():
            return passing + await self._quarantine()
        orphans = await self._clear_orphans(self.files.remove)
        self.meter.add(ORPHANS_REMOVED, orphans)
        if orphans:
            logger.info("{} files without a job are removed", orphans)
        return passing + orphans

    async def _quarantine(self) -> int:
        place = f"{QUARANTINE}/{self.now():%Y%m%dT%H%M%SZ}"
        orphans = await self._clear_orphans(lambda keys: self.files.set_aside(keys, place))
        if orphans:
            logger.warning(
                "the database may be older than the files: {} files without a job are moved to {}"
                " beside them; put a newer database back, or remove them",
                orphans,
                place,
            )
        return orphans

    async def _clear_orphans(self, dispose: Dispose, before: datetime | None = None) -> int:
        growing = self.growing_uploads
        kept = await self._clear(KEPT, dispose, known=self._wanted, before=before)
        return kept + await self._clear((UPLOADS,), dispose, known=growing, before=before)

    async def _wanted(self, job_ids: Sequence[str]) -> set[str]:
        """Uploads are asked for first: one that becomes a job in between is seen as that."""
        hashed = await self.hashed_uploads(job_ids)
        return hashed | await self.known_jobs(job_ids)

    async def _clear(
        self,
        folders: Sequence[str],
        dispose: Dispose,
        *,
        known: Known,
        before: datetime | None = None,
    ) -> int:
        """Dispose of files whose job is not known; returns how many there were."""
        count = 0
        for folder in folders:
            async with aclosing(self.files.job_files(folder, before)) as batches:
                async for batch in batches:
                    here = await known(list(batch.values()))
                    orphans = [key for key, job_id in batch.items() if job_id not in here]
                    if orphans:
                        await dispose(orphans)
                        count += len(orphans)
        return count

    async def _is_older(self) -> bool:
        """Without a mark nothing is certain, and setting aside costs nothing."""
        boot_id, job_id = await self.mark.read(), await self.mark.last_job()
        if boot_id is None or not await self.boots.known(boot_id):
            return True
        return job_id is not None and not await self.known_jobs([job_id])


async def _no_job(job_ids: Sequence[str]) -> set[str]:
    return set()
