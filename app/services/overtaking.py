"""Of two jobs that take the same asset in, the later one is what its owner wants."""

from collections.abc import Awaitable, Callable

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.jobs import AssetStage, Job
from app.ports import JobStore
from app.services.watch import JobWatch


async def _nobody(job_id: str) -> None:
    """Nothing runs yet."""


class Overtaking:
    """Ends the earlier job as cancelled, so that it never replaces what the later one finds. What
    an earlier job has found already stays until the later one is done."""

    def __init__(self, store: JobStore, watch: JobWatch, ended: Callable[[], None]) -> None:
        """`ended` is called when a job was ended."""
        self._store, self._watch, self._ended = store, watch, ended
        #: Stops work on a job that this run may have under way.
        self.drop: Callable[[str], Awaitable[None]] = _nobody

    async def by(self, job: Job) -> None:
        """`job` is committed, or on its way again. Never raises: the next start does what is left
        undone here. It is ended itself where a later one was committed before it: times are taken
        before rows are committed, and so the two may cross."""
        if job.options.asset_stage is not AssetStage.INITIAL:
            return
        try:
            for earlier in await self._store.overtaken(job.asset_id):
                await self._end(earlier)
        except SpoolError as error:
            logger.warning("earlier jobs on {} go on: {}", job.asset_id, error.message)

    async def _end(self, earlier: str) -> None:
        if await self._store.cancel(earlier, overtaken=True):
            logger.bind(job_id=earlier).info("overtaken by a later job on its asset")
            await self.drop(earlier)
            self._watch.tell(earlier)
            self._ended()


async def end_overtaken(store: JobStore) -> None:
    """At start: those that a dead run committed, and did not come to."""
    for job_id in await store.overtaken():
        await store.cancel(job_id, overtaken=True)
