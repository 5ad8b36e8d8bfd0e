"""When jobs will be done, by what this run of the service has measured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.domain.jobs import Job, JobStatus, Priority
from app.pipeline.pace import Paces
from app.ports import JobStore
from app.services.capacity import Capacity


@dataclass(frozen=True, kw_only=True)
class Standing:
    #: Seconds until the job is done; None when unknown.
    eta: float | None = None
    #: Of a pending job: 1 is next.
    queue_position: int | None = None


class Estimates:
    def __init__(
        self, store: JobStore, paces: Paces, capacity: Callable[[], Awaitable[Capacity]]
    ) -> None:
        self._store, self._paces, self._capacity = store, paces, capacity

    async def standing(self, job: Job) -> Standing:
        """Asks the store how many are ahead of a pending job."""
        if job.status is not JobStatus.PENDING:
            return self.known(job)
        ahead = await self._store.ahead(job)
        eta = self._until_done(job, ahead, await self._capacity())
        return Standing(eta=eta, queue_position=ahead + 1)

    def known(self, job: Job) -> Standing:
        """What can be told without asking anybody: of a pending job nothing."""
        if job.status is not JobStatus.RUNNING:
            return Standing()
        return Standing(eta=self._left(job))

    def _left(self, job: Job) -> float | None:
        """Of the job itself, once it is at work."""
        run = self._paces.runs.get(job.job_id)
        rate = (run.speed.rate if run else None) or self._paces.speed.rate
        if job.duration is None or rate is None:
            return None
        return (1.0 - job.progress) * job.duration / rate

    def _until_done(self, job: Job, ahead: int, there: Capacity) -> float | None:
        """Those before it go through all places alike; each takes as long as they do lately."""
        whole = self._paces.whole
        own = self._left(job) or whole
        if whole is None or own is None:
            return None
        urgent = job.options.priority is Priority.INTERACTIVE
        places = there.places + (there.instances if urgent else 0)
        if there.running + ahead < places:
            return own
        return (self._under_way(whole, there.running) + ahead * whole) / places + own

    def _under_way(self, whole: float, running: int) -> float:
        """Seconds that running jobs still take, in sum; what is not measured here takes `whole`."""
        measured = [
            run.left / rate
            for run in self._paces.runs.values()
            if run.left is not None and (rate := run.speed.rate or self._paces.speed.rate)
        ]
        return sum(measured) + max(0, running - len(measured)) * whole
