"""How an attempt ends: done, tried again, given up, given back. Written until the store lets."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.errors import Budget, SpoolError, StorageFull
from app.domain.jobs import Job, result_key
from app.domain.metrics import ATTEMPTS, UNCOUNTED, Outcome
from app.ports import JobStore, Meter
from app.services.backoff import Backoff, LaterQueue
from app.services.disk import DiskGuard

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """After so many of a kind a job is a dead letter."""

    errors: int = 5
    crashes: int = 3

    def reached_by(self, job: Job, budget: Budget) -> bool:
        """Whether one more of this kind is the last."""
        if budget is Budget.CRASH:
            return job.crashes + 1 >= self.crashes
        return job.errors + 1 >= self.errors


class Verdicts:
    def __init__(
        self,
        store: JobStore,
        later: LaterQueue,
        disk: DiskGuard,
        limits: Limits,
        backoff: Backoff,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._store, self._later, self._disk = store, later, disk
        self._limits, self._backoff, self._meter = limits, backoff, meter
        self._put_back_in_a_row = 0
        #: Held by a run that is lost, as the store failed when they were to be given back.
        self._owed: list[Job] = []

    async def succeed(self, job: Job, seconds: float) -> None:
        self._put_back_in_a_row = 0
        if await self.written(self._store.succeed, job, output_path=result_key(job.job_id)):
            reached("job.succeeded")
            logger.info("completed: {:.1f} s of audio" if seconds else "completed", seconds)
            self._ended(Outcome.COMPLETED)
        else:
            self.dropped()

    async def settle(self, job: Job, error: SpoolError) -> None:
        """Another attempt if that may help and is paid for; else failed for good."""
        error.budget = self._price(error)
        if error.budget is Budget.FREE:
            return await self._put_back(job, error)
        self._put_back_in_a_row = 0
        if error.retryable and not self._limits.reached_by(job, error.budget):
            await self._retry(job, error)
        else:
            await self._fail(job, error)

    def _price(self, error: SpoolError) -> Budget:
        """While nothing may be written, whatever may pass is no job's fault."""
        if error.retryable and self._disk.denies():
            return Budget.FREE
        if isinstance(error, StorageFull) and not self._is_low():
            return Budget.ERROR  # there is space again: the job itself took too much
        return error.budget

    async def _relieve(self) -> None:
        with suppress(SpoolError):  # space may come by itself
            await self._disk.relieve()

    def _is_low(self) -> bool:
        try:
            return self._disk.is_low()
        except SpoolError:  # a disk that cannot be asked has no space for us either
            return True

    async def give_back(self, job: Job) -> None:
        """At shutdown, or once the run is lost. A store that fails now must keep neither from
        going on."""
        try:
            if await to_its_end(self._store.release(job)):
                logger.info("given back: the attempt does not count")
                self._ended(Outcome.GIVEN_BACK)
            else:
                self.dropped()
        except SpoolError as error:
            self._owed.append(job)
            logger.error("not given back yet, a sweep will do it at last: {}", error.message)

    async def give_back_late(self) -> None:
        """For whoever sweeps them it is a death of the service, and not one of the database."""
        owed, self._owed = self._owed, []
        for job in owed:
            with logger.contextualize(job_id=job.job_id, stage=None, attempt=job.attempts):
                await self.give_back(job)

    async def _put_back(self, job: Job, error: SpoolError) -> None:
        """What the machine lacks, the next job would lack as well: its place waits, ever longer."""
        if await self.written(self._store.release, job):
            logger.warning("put back, at no cost: {}", error.message)
            self._ended(Outcome.PUT_BACK)
            self._put_back_in_a_row += 1
            self._later.put(job.job_id, self._put_back_in_a_row, job.options.priority)
            await asyncio.sleep(self._backoff.delay(self._put_back_in_a_row))
        else:
            self.dropped()

    async def _retry(self, job: Job, error: SpoolError) -> None:
        wait = self._later.wait(job.errors + job.crashes + 1)
        if await self.written(self._store.retry, job, error, after=wait):
            reached("job.retried")
            logger.warning("pending again after {}: {}", error.code, error.message)
            self._ended(Outcome.RETRIED)
            self._later.put_after(job.job_id, wait, job.options.priority)
        else:
            self.dropped()

    async def _fail(self, job: Job, error: SpoolError) -> None:
        """All retries used up: somebody must look at it. Else nothing but the error to be told."""
        dead = error.retryable
        if await self.written(self._store.fail, job, error, dead_letter=dead):
            reached("job.failed")
            self._ended(Outcome.DEAD_LETTER if dead else Outcome.FAILED)
            if dead:
                logger.error("dead letter: {}: {}", error.code, error.message)
            else:
                logger.warning("failed for good: {}: {}", error.code, error.message)
        else:
            self.dropped()

    def dropped(self) -> None:
        """Whatever it was to be: cancelled, or taken over."""
        logger.info("dropped: the job is no longer held by this attempt")
        self._ended(Outcome.DROPPED)

    def _ended(self, how: Outcome) -> None:
        self._meter.add(ATTEMPTS, outcome=how.value)

    async def written(
        self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Ask a store that fails again, ever later: a job without a verdict would wait for ever.

        A try under way is brought to its end; cancelling ends the waiting in between.
        """
        tries = 0
        while True:
            try:
                return await to_its_end(work(*args, **kwargs))
            except Exception as error:
                if isinstance(error, SpoolError) and not error.retryable:
                    raise
                tries += 1
                logger.error("not written yet, try {} failed: {}", tries, error)
                if isinstance(error, StorageFull):
                    await self._relieve()
                if self._disk.denies():
                    await self._disk.wait_until_writable()
                    tries = 1
            await asyncio.sleep(self._backoff.delay(tries))


async def to_its_end(work: Awaitable[T]) -> T:
    """A verdict once begun is written, also when the service stops meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if error := task.exception():
            logger.error("not written, the next start will see to it: {}", error)
        raise
