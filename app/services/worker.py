"""Takes jobs off the queue and sees each through to an end."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable

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
        pending = await self._store.pending()
        for job_id in pending:
            await self._queue.enqueue({"job_id": job_id})
        if pending:
            logger.info("{} pending jobs queued, {} of them interrupted", len(pending), len(swept))
        return len(pending)

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
        job = await self._store.claim(payload["job_id"], self._boot_id)
        if job is None:
            return None
        with logger.contextualize(job_id=job.job_id, attempt=job.attempts):
            await self._see_through(job)
        return job

    async def _serve(self) -> None:
        while True:
            try:
                await self.run_once()
            except Exception:  # the store itself failed: the job stays as it is for the sweep
                logger.exception("a job could not be settled")
                await asyncio.sleep(self._first_retry)

    async def _see_through(self, job: Job) -> None:
        report = JobReport(self._store, job)
        self._running.add(job.job_id)
        logger.info("attempt {} begins: {}", job.attempts, job.source_name)
        try:
            transcript = await self._pipeline.run(job, report)
            await report.aclose()
            await _to_its_end(self._succeed(job, transcript))
        except ClaimLost:
            logger.warning("dropped: another run of the service holds this job")
        except asyncio.CancelledError:
            await _to_its_end(self._give_back(job))
            raise
        except SpoolError as error:
            await _to_its_end(self._settle(job, error))
        except Exception as error:
            logger.exception("a fault of ours, not of the medium")
            await _to_its_end(self._settle(job, _unplanned(error)))
        finally:
            await report.aclose()
            await _to_its_end(self._tidy(job))

    async def _succeed(self, job: Job, transcript: Transcript) -> None:
        finished = await self._store.get(job.job_id) or job
        document = json.dumps(result_document(finished, transcript), ensure_ascii=False).encode()
        key = result_key(job.job_id)
        await self._blobs.save_file(key, _one(document))
        await self._store.succeed(job, output_path=key)
        logger.info("completed: {:.1f} s of audio", transcript.duration)

    async def _give_back(self, job: Job) -> None:
        """At shutdown. A store that fails now must not keep the service from ending."""
        try:
            await self._store.release(job)
        except SpoolError as error:
            logger.error("not given back, the next start will sweep it: {}", error.message)

    async def _settle(self, job: Job, error: SpoolError) -> None:
        """Another attempt if that may help and any is left, else failed for good."""
        logger.warning("attempt failed: {}: {}", error.code, error.message)
        if not error.retryable or job.attempts >= self._max_attempts:
            await self._store.fail(job, error)
        elif await self._store.retry(job, error):
            self._queue_later(job)

    def _queue_later(self, job: Job) -> None:
        delay = min(LAST_RETRY, self._first_retry * 2 ** (job.attempts - 1))
        task = asyncio.create_task(self._enqueue_after(delay * random.uniform(0.5, 1.0), job))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _enqueue_after(self, delay: float, job: Job) -> None:
        await asyncio.sleep(delay)
        await self._queue.enqueue({"job_id": job.job_id})

    async def _tidy(self, job: Job) -> None:
        self._running.discard(job.job_id)
        with contextlib.suppress(SpoolError):
            await self._blobs.delete_file(pcm_key(job.job_id))
        self._watch.tell(job.job_id)


async def _to_its_end(work: Awaitable[None]) -> None:
    """A verdict once begun is written, also when the service stops meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
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
