"""Takes jobs off the queue and sees each through to an end."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import ParamSpec, TypeVar

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.jobs import Job, pcm_key, result_key
from app.domain.result import result_document
from app.domain.transcript import Transcript
from app.pipeline.report import ClaimLost, JobReport
from app.pipeline.runner import Pipeline
from app.ports import BlobStore, JobQueue, JobStore
from app.services.watch import JobWatch

FIRST_RETRY = 1.0  # seconds before the second attempt; doubles with each
LAST_RETRY = 60.0
MOST_TOLD = 20  # jobs of a dead run that get a line each
#: How the store marks attempts whose process died.
INTERRUPTED = "interrupted"

P = ParamSpec("P")
T = TypeVar("T")


class JobWorker:
    """`places` jobs at a time. The database decides who runs; the queue only hints."""

    def __init__(
        self,
        *,
        store: JobStore,
        queue: JobQueue,
        blobs: BlobStore,
        pipeline: Pipeline,
        watch: JobWatch,
        boot_id: str,
        places: int,
        max_attempts: int,
        first_retry: float = FIRST_RETRY,
    ) -> None:
        self._store, self._queue, self._blobs = store, queue, blobs
        self._pipeline, self._watch, self._boot_id = pipeline, watch, boot_id
        self._max_attempts, self._first_retry = max_attempts, first_retry
        self.places = places
        self._running: set[str] = set()
        self._later: set[asyncio.Task[None]] = set()

    def running(self) -> int:
        return len(self._running)

    async def recover(self) -> int:
        """Before the port opens: what a dead run left becomes pending, all pending is queued."""
        swept = await self._store.sweep(self._boot_id)
        await self._tell_swept(swept)
        pending = await self._store.pending()
        for job_id in pending:
            await self._queue.enqueue({"job_id": job_id})
        if pending:
            logger.info("{} pending jobs queued, {} of them interrupted", len(pending), len(swept))
        return len(pending)

    async def _tell_swept(self, swept: Sequence[str]) -> None:
        for job_id in swept[:MOST_TOLD]:
            job = await self._store.get(job_id)
            for last in job.history[-1:] if job else ():
                with logger.contextualize(job_id=job_id, stage=last.stage, attempt=last.number):
                    logger.warning("interrupted: the run that held it has ended, pending again")
        if more := len(swept[MOST_TOLD:]):
            logger.warning("interrupted: {} more jobs", more)

    async def run(self) -> None:
        """For ever, in all places. Cancel it to stop: running jobs are given back."""
        try:
            async with asyncio.TaskGroup() as places:  # ends when the last place has
                for _ in range(self.places):
                    places.create_task(self._serve())
        finally:
            for task in self._later:
                task.cancel()

    async def run_once(self) -> Job | None:
        """One job from the queue to its end; None when another had taken it."""
        payload = await self._queue.dequeue()
        try:
            job = await self._store.claim(payload["job_id"], self._boot_id)
        except Exception:
            self._queue_after(self._first_retry, payload["job_id"])
            raise
        if job is None:
            return None
        with logger.contextualize(job_id=job.job_id, stage=None, attempt=job.attempts):
            await self._see_through(job)
        return job

    async def _serve(self) -> None:
        """One place. After a failure of the store it pauses, ever longer, until a job goes well."""
        failures = 0
        while True:
            try:
                await self.run_once()
                failures = 0
            except Exception as error:
                unplanned = not isinstance(error, SpoolError)
                logger.opt(exception=unplanned).error("the store failed: {}", error)
                failures += 1
                await asyncio.sleep(self._delay(failures))

    async def _see_through(self, job: Job) -> None:
        self._running.add(job.job_id)
        logger.info("attempt {} begins: {}", job.attempts, job.source_name)
        async with aclosing(JobReport(self._store, job)) as report:
            try:
                await self._work(job, report)
            finally:
                await _to_its_end(self._tidy(job))

    async def _work(self, job: Job, report: JobReport) -> None:
        try:
            self._refuse_endless(job)
            transcript = await self._pipeline.run(job, report)
            await self._keep(job, transcript)
        except ClaimLost:
            _dropped()
        except asyncio.CancelledError:
            await _to_its_end(self._give_back(job))
            raise
        except SpoolError as error:
            await self._settle(job, error)
        except Exception as error:
            logger.exception("a fault of ours, not of the medium")
            await self._settle(job, _unplanned(error))
        else:
            await self._until_done(self._succeed, job, transcript)

    def _refuse_endless(self, job: Job) -> None:
        """A job that kills the service never comes to a verdict: here it runs out of attempts."""
        times = sum(attempt.error_code == INTERRUPTED for attempt in job.history)
        if times and job.attempts > self._max_attempts:
            raise SpoolError(
                f"the service ended in the middle of this job {times} times, so it is not tried"
                " again; if it was not the cause, send it again as a new job",
                code=INTERRUPTED,
            )

    async def _keep(self, job: Job, transcript: Transcript) -> None:
        """The result document, before anybody is told of it."""
        finished = await self._until_done(self._store.get, job.job_id) or job
        document = json.dumps(result_document(finished, transcript), ensure_ascii=False).encode()
        await self._blobs.save_file(result_key(job.job_id), _one(document))

    async def _settle(self, job: Job, error: SpoolError) -> None:
        """Another attempt if that may help and any is left, else failed for good."""
        again = error.retryable and job.attempts < self._max_attempts
        await self._until_done(self._retry if again else self._fail, job, error)

    async def _until_done(
        self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Ask a store that fails again, ever later: a job without a verdict would wait for ever.

        A try under way is brought to its end; cancelling ends the waiting in between.
        """
        tries = 0
        while True:
            try:
                return await _to_its_end(work(*args, **kwargs))
            except SpoolError as error:
                if not error.retryable:
                    raise
                tries += 1
                logger.error("not written yet, try {} failed: {}", tries, error.message)
            await asyncio.sleep(self._delay(tries))

    async def _succeed(self, job: Job, transcript: Transcript) -> None:
        if await self._store.succeed(job, output_path=result_key(job.job_id)):
            logger.info("completed: {:.1f} s of audio", transcript.duration)
        else:
            _dropped()

    async def _fail(self, job: Job, error: SpoolError) -> None:
        if await self._store.fail(job, error):
            logger.warning("failed for good: {}: {}", error.code, error.message)
        else:
            _dropped()

    async def _retry(self, job: Job, error: SpoolError) -> None:
        if await self._store.retry(job, error):
            logger.warning("pending again after {}: {}", error.code, error.message)
            self._queue_after(self._delay(job.attempts), job.job_id)
        else:
            _dropped()

    async def _give_back(self, job: Job) -> None:
        """At shutdown. A store that fails now must not keep the service from ending."""
        try:
            if await self._store.release(job):
                logger.info("given back: the service stops, the attempt does not count")
            else:
                _dropped()
        except SpoolError as error:
            logger.error("not given back, the next start will sweep it: {}", error.message)

    def _delay(self, tries: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(LAST_RETRY, self._first_retry * 2.0 ** min(tries - 1, 10))

    def _queue_after(self, delay: float, job_id: str) -> None:
        task = asyncio.create_task(self._enqueue_after(delay * random.uniform(0.5, 1.0), job_id))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _enqueue_after(self, delay: float, job_id: str) -> None:
        await asyncio.sleep(delay)
        await self._queue.enqueue({"job_id": job_id})

    async def _tidy(self, job: Job) -> None:
        self._running.discard(job.job_id)
        with contextlib.suppress(SpoolError):
            await self._blobs.delete_file(pcm_key(job.job_id))
        self._watch.tell(job.job_id)


def _dropped() -> None:
    logger.warning("dropped: another run of the service holds this job")


async def _to_its_end(work: Awaitable[T]) -> T:
    """A verdict once begun is written, also when the service stops meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if error := task.exception():
            logger.error("not written, the next start will see to it: {}", error)
        raise


def _unplanned(error: Exception) -> SpoolError:
    failure = SpoolError(f"{type(error).__name__}: {error}")
    failure.retryable = True
    return failure


async def _one(document: bytes) -> AsyncIterator[bytes]:
    yield document
