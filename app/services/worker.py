"""Takes jobs off the queue and sees each through to an end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.errors import SpoolError
from app.domain.jobs import Job, JobStatus, Priority, Stage, Swept, pcm_key, reel_key, result_key
from app.domain.metrics import UNCOUNTED
from app.domain.result import result_of
from app.domain.tracing import UNTRACED
from app.pipeline.embed import take_back
from app.pipeline.pace import Paces
from app.pipeline.report import ClaimLost, JobReport, Stopping
from app.pipeline.runner import Pipeline
from app.pipeline.work import Work
from app.ports import BlobStore, JobQueue, JobStore, Meter, Scratch, Tracer
from app.services.backoff import Backoff, LaterQueue
from app.services.disk import DiskGuard
from app.services.lane import Lane
from app.services.recovery import recover, take_over
from app.services.verdicts import Limits, Verdicts, to_its_end
from app.services.walks import Walk, Walks
from app.services.watch import JobWatch

TAKE_OVER = 10.0  # seconds between two looks for jobs of dead runs
ELSEWHERE = 0.001  # seconds until others may take what we have no space for


class JobWorker:
    """`places` jobs at a time. The database decides who runs; the queue only hints."""

    def __init__(
        self,
        *,
        store: JobStore,
        queue: JobQueue,
        blobs: BlobStore,
        scratch: Scratch,
        pipeline: Pipeline,
        watch: JobWatch,
        disk: DiskGuard,
        boot_id: str,
        places: int,
        limits: Limits,
        backoff: Backoff,
        ended: Callable[[], None],
        paces: Paces | None = None,
        silent_for: float | None = None,
        meter: Meter = UNCOUNTED,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """`ended` is called when an attempt has; `paces` learns how fast jobs are. Other runs are
        dead when silent for so many seconds; None: there are none."""
        self._store, self._queue, self._blobs, self._scratch = store, queue, blobs, scratch
        self._pipeline, self._watch, self._disk = pipeline, watch, disk
        self._boot_id, self._backoff, self._ended = boot_id, backoff, ended
        self.places, self._paces, self._silent_for = places, paces, silent_for
        self._meter, self._tracer = meter, tracer
        self._lane = Lane()
        self._later = LaterQueue(queue, backoff)
        self._verdicts = Verdicts(store, self._later, disk, limits, backoff, meter)
        self._walks = Walks(store)
        self._idle: set[asyncio.Task[Any]] = set()  # places without a job
        #: From the look at a job to the end of its walk, with its priority once that is known.
        self._at_hand: dict[str, Priority] = {}
        #: Jobs whose temporary files could not be deleted: the disk was read-only, say.
        self._untidy: set[str] = set()
        self._stopping = False

    def running(self) -> int:
        return len(self._walks)

    async def recover(self) -> int:
        return await recover(self._store, self._queue, self._boot_id, self._silent_for, self._meter)

    async def take_over(self) -> None:
        """For ever, where there may be others: what they held when they died goes on."""
        while self._silent_for is not None:
            await asyncio.sleep(TAKE_OVER)
            try:
                await self._verdicts.give_back_late()
                self._told_of(
                    await take_over(
                        self._store, self._queue, self._boot_id, self._silent_for, self._meter
                    )
                )
            except Exception as error:  # whatever it is: it is done again
                unplanned = not isinstance(error, SpoolError)
                logger.opt(exception=unplanned).warning("jobs of dead runs wait: {}", error)

    def _told_of(self, swept: Swept) -> None:
        """Whoever follows them hears of it, and so does the run that held them, if it lives on."""
        for job_id in (*swept.pending, *swept.dead):
            self._watch.tell(job_id)
        if swept.dead:
            self._ended()

    async def renew(self, boot_id: str) -> None:
        """What we hold may be taken from us: let go of it, and claim by another name."""
        self._boot_id = boot_id
        self._walks.let_go()

    async def look(self, job_id: str) -> None:
        """Somebody changed a job elsewhere: work on one that is not ours any more ends."""
        await self._walks.look(job_id)

    async def run(self) -> None:
        """For ever, in all places, and in one more for jobs that somebody waits for.

        Cancel it to stop: running jobs are given back.
        """
        try:
            async with asyncio.TaskGroup() as places:  # ends when the last place has
                for _ in range(self.places):
                    places.create_task(self._serve(Priority.BATCH))
                places.create_task(self._serve(Priority.INTERACTIVE))
        finally:
            self._later.close()

    async def close(self, grace: float) -> None:
        """Begin nothing more; windows under way have `grace` seconds to be finished."""
        self._stopping = True
        self._pipeline.stopping.set()
        for place in self._idle:
            place.cancel()
        await self._walks.end(grace)

    async def drop(self, job_id: str) -> None:
        """Stop work on a job that was taken away from us; its slot is free when this returns."""
        await self._walks.drop(job_id)

    async def run_once(self, lowest: Priority = Priority.BATCH) -> Job | None:
        """One job from the queue to its end; None when there is nothing to do for it."""
        payload = await self._hint(lowest)
        await self._disk.wait_for_space()
        if self._stopping:
            return None
        await self._tidy_up()
        async with self._taken_up(payload["job_id"]) as job:
            if job is not None:
                named: dict[str, Any] = {"job_id": job.job_id, "attempt": job.attempts}
                with logger.contextualize(**named, stage=None), self._tracer.span("job", **named):
                    await self._see_through(job)
            return job

    async def _hint(self, lowest: Priority) -> dict[str, str]:
        """A place that waits for one ends with the service."""
        place = asyncio.current_task()
        assert place is not None
        self._idle.add(place)
        try:
            return await self._taken(lowest)
        finally:
            self._idle.discard(place)

    async def _taken(self, lowest: Priority) -> dict[str, str]:
        """Others may have the space that we lack: no job waits for ours."""
        payload = await self._queue.dequeue(lowest)
        while self._queue.lasting and not await self._disk.goes_on():
            await self._queue.enqueue(payload, after=ELSEWHERE)
            await self._disk.wait_for_space()
            payload = await self._queue.dequeue(lowest)
        return payload

    async def _serve(self, lowest: Priority) -> None:
        """One place. After a failure of the store it pauses, ever longer, until a job goes well."""
        failures = 0
        while not self._stopping:
            try:
                await self.run_once(lowest)
                failures = 0
            except Exception as error:
                unplanned = not isinstance(error, SpoolError)
                logger.opt(exception=unplanned).error("the store failed: {}", error)
                failures += 1
                await asyncio.sleep(self._backoff.delay(failures))

    @asynccontextmanager
    async def _taken_up(self, job_id: str) -> AsyncIterator[Job | None]:
        """One place at a time sees to a job; a hint that comes meanwhile is kept for later."""
        if job_id in self._at_hand:
            self._later.put(job_id, 1, self._at_hand[job_id])
            yield None
            return
        self._at_hand[job_id] = Priority.NORMAL
        try:
            async with self._claimed(job_id) as job:
                yield job
        finally:
            del self._at_hand[job_id]

    @asynccontextmanager
    async def _claimed(self, job_id: str) -> AsyncIterator[Job | None]:
        """The job, ours, on its lane. A store that fails costs it nothing: it is queued again."""
        run = self._boot_id  # once that is lost, it was reserved for nobody
        async with contextlib.AsyncExitStack() as road:
            try:
                job = await self._waits(job_id)
                if job is not None:
                    self._at_hand[job_id] = job.options.priority
                if job is not None and await self._let_in(job, road) and run == self._boot_id:
                    job = await self._claim(job_id)
                    reached("worker.claimed")
                else:
                    job = None
            except Exception:
                self._later.put(job_id, 1, self._at_hand[job_id])
                raise
            yield job

    async def _waits(self, job_id: str) -> Job | None:
        """The job, if it waits to be claimed. One that we hold and do not walk is given back:
        its verdict, or the answer to its claim, was lost."""
        job = await self._store.get(job_id)
        if job and job.status is JobStatus.RUNNING and job.boot_id == self._boot_id:
            await self._store.release(job)
            job = await self._store.get(job_id)
        return job if job and job.status is JobStatus.PENDING else None

    async def _let_in(self, job: Job, road: contextlib.AsyncExitStack) -> bool:
        """On the lane, when it is this job's turn; False when it no longer waits for that."""
        lane = self._lane.entered(alone=job.suspect)
        waiting = asyncio.create_task(road.enter_async_context(lane))
        self._walks.waiting[job.job_id] = waiting
        try:
            await asyncio.wait({waiting})
        finally:
            del self._walks.waiting[job.job_id]
            waiting.cancel()  # does nothing to one that is done
        return not waiting.cancelled() and not self._stopping

    async def _claim(self, job_id: str) -> Job | None:
        """A stop that comes while the claim is committed gives the attempt back."""
        claim = asyncio.ensure_future(self._store.claim(job_id, self._boot_id))
        try:
            job = await asyncio.shield(claim)
        except asyncio.CancelledError:
            await asyncio.wait({claim})
            if not claim.cancelled() and not claim.exception() and (job := claim.result()):
                await self._verdicts.give_back(job)
            raise
        if job is not None and job.boot_id != self._boot_id:  # we let go of all just now
            await self._verdicts.give_back(job)
            return None
        return job

    async def _see_through(self, job: Job) -> None:
        logger.info("attempt {} begins: {}", job.attempts, job.source_name)
        changed = partial(self._watch.tell, job.job_id)
        lost = partial(self._walks.lost, job.job_id)
        made = JobReport(self._store, job, changed, self._paces, lost, self._meter)
        async with aclosing(made) as report:
            task = asyncio.create_task(self._attempt(job, report))
            try:
                await self._walks.see(Walk(job=job, task=task, report=report))
            finally:
                self._watch.tell(job.job_id)
                self._ended()
            if task.cancelled():
                await self._take_back(job, report)
            elif error := task.exception():
                # it may still be held, and walked by nobody
                self._later.put(job.job_id, 1, job.options.priority)
                raise error

    async def _take_back(self, job: Job, report: JobReport) -> None:
        """What was deleted elsewhere while it was put into the index here."""
        if report.stage is not Stage.EMBEDDING:
            return
        if await self._verdicts.written(self._store.get, job.job_id) is None:
            await take_back(job.asset_id, self._pipeline.index, self._pipeline.assets)

    async def _attempt(self, job: Job, report: JobReport) -> None:
        """A stop gives the job back, also while its verdict waits for the store."""
        try:
            await self._to_its_verdict(job, report)
        except asyncio.CancelledError:
            await self._verdicts.give_back(job)
            raise

    async def _to_its_verdict(self, job: Job, report: JobReport) -> None:
        """The whole line, and what becomes of the job at its end."""
        try:
            work = await self._walk(job, report)
        except ClaimLost:
            self._verdicts.dropped()
        except Stopping:
            await self._verdicts.give_back(job)
        except SpoolError as error:
            await self._verdicts.settle(job, error)
        except Exception as error:
            logger.exception("a fault of ours, not of the medium")
            await self._verdicts.settle(job, _unplanned(error))
        else:
            await self._verdicts.succeed(job, work.seconds)

    async def _walk(self, job: Job, report: JobReport) -> Work:
        try:
            work = await self._pipeline.run(job, report)
            await self._keep(work)
            return work
        finally:
            report.hush()
            await to_its_end(self._tidy(job.job_id))  # before the verdict: it may need the space

    async def _keep(self, work: Work) -> None:
        """The result document, before anybody is told of it."""
        job_id = work.job.job_id
        finished = await self._verdicts.written(self._store.get, job_id) or work.job
        found = await asyncio.to_thread(
            result_of, finished, work.found, work.transcript, self._pipeline.texts.read
        )
        document = json.dumps(found, ensure_ascii=False).encode()
        await self._blobs.save_file(result_key(job_id), _one(document))
        reached("result.written")

    async def _tidy(self, job_id: str) -> None:
        try:
            await self._scratch.delete_file(pcm_key(job_id))
            await self._scratch.delete_file(reel_key(job_id))
        except SpoolError:
            self._untidy.add(job_id)

    async def _tidy_up(self) -> None:
        """Once more, but of a job that is at hand again: it does so at its own end."""
        untidy, self._untidy = self._untidy, set()
        for job_id in untidy - self._at_hand.keys():
            self._at_hand[job_id] = Priority.NORMAL
            try:
                await self._tidy(job_id)
            finally:
                del self._at_hand[job_id]


def _unplanned(error: Exception) -> SpoolError:
    failure = SpoolError(f"{type(error).__name__}: {error}")
    failure.retryable, failure.error_class = True, type(error).__name__
    return failure


async def _one(document: bytes) -> AsyncIterator[bytes]:
    yield document
