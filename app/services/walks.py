"""What a run of the service has in hand, and how it lets go of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.jobs import Job, JobStatus, Stage
from app.pipeline.report import JobReport
from app.ports import JobStore


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One attempt under way."""

    job: Job
    task: asyncio.Task[None]
    report: JobReport

    @property
    def at_its_verdict(self) -> bool:
        return self.report.hushed

    def is_held(self, now: Job | None) -> bool:
        """`now`: the job as the store has it."""
        claim = (self.job.attempts, self.job.boot_id)
        return now is not None and (now.attempts, now.boot_id) == claim


class Walks:
    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._under_way: dict[str, Walk] = {}
        #: To be let on the lane.
        self.waiting: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def __iter__(self) -> Iterator[Walk]:
        return iter(self._under_way.values())

    async def see(self, walk: Walk) -> None:
        """To its end. Whoever is cancelled meanwhile cancels it, and still waits."""
        self._under_way[walk.job.job_id] = walk
        try:
            await asyncio.wait({walk.task})
        except asyncio.CancelledError:
            walk.task.cancel()
            await asyncio.wait({walk.task})
            raise
        finally:
            del self._under_way[walk.job.job_id]

    async def drop(self, job_id: str) -> None:
        """A job that was taken away from us; its slot is free when this returns."""
        walk, waiting = self._under_way.get(job_id), self.waiting.get(job_id)
        if task := walk.task if walk else waiting:
            task.cancel()
            await asyncio.wait({task})

    def lost(self, job_id: str) -> None:
        if walk := self._under_way.get(job_id):
            walk.task.cancel()

    async def look(self, job_id: str) -> None:
        """Somebody changed a job elsewhere: what is not ours any more ends."""
        walk, waiting = self._under_way.get(job_id), self.waiting.get(job_id)
        if waiting is None and (walk is None or walk.at_its_verdict):
            return
        job = await self._store.get(job_id)
        if waiting and not (job and job.status is JobStatus.PENDING):
            waiting.cancel()
        if walk and not walk.at_its_verdict and not walk.is_held(job):
            walk.task.cancel()

    def let_go(self) -> None:
        """Of everything: others may take it."""
        for task in (*self.waiting.values(), *(walk.task for walk in self)):
            task.cancel()

    async def end(self, grace: float) -> None:
        """Windows under way have `grace` seconds to be finished; in other stages there is nothing
        to save."""
        for waiting in self.waiting.values():
            waiting.cancel()
        for walk in self:
            if walk.report.stage is not Stage.TRANSCRIBING:
                walk.task.cancel()
        if tasks := {walk.task for walk in self}:
            await asyncio.wait(tasks, timeout=grace)
