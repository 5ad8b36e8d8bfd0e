"""The worker: each job to its end, whatever happens on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import (
    Conflict,
    EngineCrashed,
    EngineError,
    EngineRefused,
    SpoolError,
    StorageError,
    Unavailable,
)
from app.domain.jobs import Job, JobOptions, JobStatus, Stage, result_key
from app.domain.transcript import Transcript
from app.pipeline.report import ClaimLost, JobReport
from app.pipeline.runner import Pipeline
from app.services.worker import JobWorker
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Scripted:
    """A line that does what it is told, in place of the real one."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def run(self, job: Job, report: JobReport) -> Transcript:
        self.begun.set()
        await report.enter(Stage.MEDIA_EXTRACTION)
        await self.go_on.wait()
        if self.error:
            raise self.error
        return Transcript(
            segments=(), language_detection=None, duration=1.0, provider="p", model="m"
        )

    def as_pipeline(self) -> Pipeline:
        return cast(Pipeline, self)


class Failing(SqlJobStore):
    """Raises what it is told, verb by verb, and then does its work."""

    def __init__(self, bench: Workbench, **troubles: Sequence[Exception]) -> None:
        super().__init__(bench.store._database)
        self.troubles = {verb: list(errors) for verb, errors in troubles.items()}
        self.refused = 0
        self.when_refused: Callable[[], None] = lambda: None

    def _trouble(self, verb: str) -> None:
        if self.troubles.get(verb):
            self.refused += 1
            self.when_refused()
            raise self.troubles[verb].pop(0)

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        self._trouble("claim")
        return await super().claim(job_id, boot_id)

    async def get(self, job_id: str) -> Job | None:
        self._trouble("get")
        return await super().get(job_id)

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        self._trouble("succeed")
        return await super().succeed(job, output_path=output_path)

    async def fail(self, job: Job, error: SpoolError) -> bool:
        self._trouble("fail")
        return await super().fail(job, error)

    async def retry(self, job: Job, error: SpoolError) -> bool:
        self._trouble("retry")
        return await super().retry(job, error)


async def run_to_end(worker: JobWorker, attempts: int = 1) -> None:
    for _ in range(attempts):
        async with asyncio.timeout(30):
            await worker.run_once()


async def running(worker: JobWorker, line: Scripted) -> "asyncio.Task[None]":
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        await line.begun.wait()
    return task


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(30):
            await task


async def test_a_job_goes_through_all_stages_to_its_result(bench: Workbench) -> None:
    job = await bench.upload(15.0)
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert (done.status, done.stage, done.progress) == (
        JobStatus.COMPLETED,
        Stage.EMBEDDING,
        1.0,
    )
    assert done.duration == 15.0 and done.attempts == 1 and done.error_code is None
    assert list(done.timings) == ["media_extraction", "transcribing", "embedding"]
    assert [attempt.error_code for attempt in done.history] == [None]


async def test_the_result_is_a_file_and_the_decoded_sound_is_gone(bench: Workbench) -> None:
    job = await bench.upload(15.0)
    await run_to_end(bench.worker())
    assert (await bench.now(job)).output_path == result_key(job.job_id)
    document = json.loads(await bench.blobs.load_file(result_key(job.job_id)))
    assert document["transcript"] == "window 0 window 1 window 2"
    assert document["job_id"] == job.job_id
    assert bench.pcm_files() == []


async def test_the_upload_is_kept(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    assert bench.blobs.path(job.input_path).is_file()


async def test_a_job_that_another_took_is_left_alone(bench: Workbench) -> None:
    job = await bench.upload()
    assert await bench.store.claim(job.job_id, "somebody else")
    worker = bench.worker()
    async with asyncio.timeout(30):
        assert await worker.run_once() is None
    assert (await bench.now(job)).boot_id == "somebody else"
    assert bench.engine.heard == []


async def test_a_failed_window_fails_the_attempt_and_the_others_are_kept(bench: Workbench) -> None:
    bench.engine.failures = {1: [EngineCrashed("the worker process died")]}
    job = await bench.upload(15.0)
    worker = bench.worker()
    await run_to_end(worker)
    waiting = await bench.now(job)
    assert (waiting.status, waiting.attempts) == (JobStatus.PENDING, 1)
    assert waiting.error_code == "engine.crashed"
    first = list(bench.engine.heard)
    await run_to_end(worker)
    done = await bench.now(job)
    assert (done.status, done.attempts, done.error_code) == (JobStatus.COMPLETED, 2, None)
    assert sorted(bench.engine.heard) == [0, 1, 2]
    assert 0 in first and 1 not in first
    assert [attempt.error_code for attempt in done.history] == ["engine.crashed", None]
    transcript = await bench.transcripts.load(job.job_id)
    assert transcript is not None and transcript.text == "window 0 window 1 window 2"


async def test_the_third_failure_is_the_last_and_all_are_told(bench: Workbench) -> None:
    bench.engine.failures = {0: [EngineError(f"number {number}") for number in (1, 2, 3)]}
    job = await bench.upload()
    await run_to_end(bench.worker(max_attempts=3), attempts=3)
    failed = await bench.now(job)
    assert (failed.status, failed.attempts) == (JobStatus.FAILED, 3)
    assert (failed.error_code, failed.error_message) == ("engine.failed", "number 3")
    assert [attempt.error_message for attempt in failed.history] == [
        "number 1",
        "number 2",
        "number 3",
    ]
    assert all(attempt.stage is Stage.TRANSCRIBING for attempt in failed.history)
    assert bench.queue.size() == 0 and bench.pcm_files() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<!DOCTYPE html><title>404</title>", "media.unreadable"),
        (b"RIFF\x24\x00\x00\x00WAVEjunk", "media.unreadable"),
        (b"", "media.empty"),
    ],
)
async def test_a_broken_medium_fails_at_once_with_its_reason(
    bench: Workbench, content: bytes, code: str
) -> None:
    job = await bench.upload_bytes(content)
    await run_to_end(bench.worker())
    failed = await bench.now(job)
    assert (failed.status, failed.attempts, failed.error_code) == (JobStatus.FAILED, 1, code)
    assert failed.error_message
    assert bench.queue.size() == 0 and bench.pcm_files() == []


async def test_a_refusal_of_the_engine_is_not_tried_again(bench: Workbench) -> None:
    bench.engine.failures = {0: [EngineRefused("no such key")]}
    job = await bench.upload()
    await run_to_end(bench.worker())
    failed = await bench.now(job)
    assert (failed.status, failed.attempts) == (JobStatus.FAILED, 1)


async def test_an_upload_that_vanished_fails_its_job(bench: Workbench) -> None:
    job = await bench.upload()
    bench.blobs.path(job.input_path).unlink()
    await run_to_end(bench.worker())
    failed = await bench.now(job)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "source.gone")


async def test_a_fault_of_ours_is_tried_again_and_then_told(bench: Workbench) -> None:
    job = await bench.upload()
    line = Scripted(ZeroDivisionError("division by zero"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline(), max_attempts=2), attempts=2)
    failed = await bench.now(job)
    assert (failed.status, failed.attempts, failed.error_code) == (
        JobStatus.FAILED,
        2,
        "internal",
    )
    assert failed.error_message == "ZeroDivisionError: division by zero"


async def test_an_unknown_model_fails_the_job_and_the_next_one_runs(bench: Workbench) -> None:
    bad = await bench.upload(options=JobOptions(model="no-such-model"))
    good = await bench.upload()
    await run_to_end(bench.worker(), attempts=2)
    assert (await bench.now(bad)).error_code == "request.invalid"
    assert (await bench.now(good)).status is JobStatus.COMPLETED


async def test_an_embedder_that_fails_costs_a_warning_and_nothing_else(bench: Workbench) -> None:
    bench.embedder.trouble = EngineError("no memory")
    job = await bench.upload()
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert done.status is JobStatus.COMPLETED
    assert [warning.code for warning in done.warnings] == ["embedding.failed"]
    assert "no memory" in done.warnings[0].message
    [(moment, vector)] = bench.index.assets[job.job_id]
    assert (moment.text, vector) == ("window 0", None)
    assert await bench.transcripts.load(job.job_id) is not None


async def test_an_index_that_fails_costs_a_warning_and_nothing_else(bench: Workbench) -> None:
    bench.index.trouble = StorageError("the index is damaged")
    job = await bench.upload()
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert done.status is JobStatus.COMPLETED
    assert [warning.code for warning in done.warnings] == ["index.failed"]
    document = json.loads(await bench.blobs.load_file(result_key(job.job_id)))
    assert document["transcript"] == "window 0"
    assert document["warnings"][0]["code"] == "index.failed"


@pytest.mark.parametrize("places", [1, 3])
async def test_a_worker_that_is_stopped_gives_the_attempt_back(
    bench: Workbench, places: int
) -> None:
    bench.engine.hold.clear()
    job = await bench.upload()
    worker = bench.worker(places=places)
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    assert worker.running() == 1
    await stopped(task)
    given_back = await bench.now(job)
    assert (given_back.status, given_back.attempts) == (JobStatus.PENDING, 0)
    assert given_back.history == () and given_back.boot_id is None
    assert worker.running() == 0 and bench.engine.at_work == 0 and bench.pcm_files() == []


async def test_what_was_given_back_is_done_after_the_next_start(bench: Workbench) -> None:
    bench.engine.failures = {1: [EngineCrashed("died")]}
    job = await bench.upload(10.0)
    await run_to_end(bench.worker())
    later = bench.worker(boot_id="boot-2")
    await later.recover()
    await run_to_end(later)
    assert (await bench.now(job)).status is JobStatus.COMPLETED
    assert bench.engine.heard == [0, 1]


async def test_jobs_of_a_dead_run_are_queued_again_before_anything_else(bench: Workbench) -> None:
    interrupted, waiting = await bench.upload(), await bench.upload()
    assert await bench.store.claim(interrupted.job_id, "boot-0")
    fresh = Workbench(
        folder=bench.folder,
        store=bench.store,
        journal=bench.journal,
        transcripts=bench.transcripts,
        blobs=bench.blobs,
    )
    worker = fresh.worker(boot_id="boot-1")
    assert await worker.recover() == 2
    await run_to_end(worker, attempts=2)
    first, second = await bench.now(interrupted), await bench.now(waiting)
    assert (first.status, first.attempts) == (JobStatus.COMPLETED, 2)
    assert (second.status, second.attempts) == (JobStatus.COMPLETED, 1)
    assert first.history[0].error_code == "interrupted"


async def test_a_store_that_fails_at_shutdown_does_not_keep_the_worker(bench: Workbench) -> None:
    class Refusing(SqlJobStore):
        async def release(self, job: Job) -> bool:
            raise StorageError("the disk is full")

    store = Refusing(bench.store._database)
    line = Scripted()
    line.go_on.clear()
    job = await bench.upload()
    task = await running(bench.worker(store=store, pipeline=line.as_pipeline()), line)
    await stopped(task)
    assert (await bench.now(job)).status is JobStatus.RUNNING  # for the sweep


async def test_a_verdict_that_is_being_written_is_written_to_its_end(bench: Workbench) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(SqlJobStore):
        async def succeed(self, job: Job, *, output_path: str | None) -> bool:
            begun.set()
            await go_on.wait()
            return await super().succeed(job, output_path=output_path)

    job = await bench.upload()
    worker = bench.worker(store=Slow(bench.store._database), pipeline=Scripted().as_pipeline())
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    await stopped(task)
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 1)


async def test_a_lost_claim_changes_nothing_of_the_new_holders(bench: Workbench) -> None:
    job = await bench.upload()
    line = Scripted(ClaimLost("another run holds it"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline()))
    assert (await bench.now(job)).status is JobStatus.RUNNING
    assert bench.queue.size() == 0


async def test_a_result_that_cannot_be_stored_is_tried_again(bench: Workbench) -> None:
    job = await bench.upload()
    (bench.folder / "results").write_bytes(b"a file where the folder should be")
    worker = bench.worker()
    await run_to_end(worker)
    waiting = await bench.now(job)
    assert (waiting.status, waiting.error_code) == (JobStatus.PENDING, "storage.failed")
    (bench.folder / "results").unlink()
    await run_to_end(worker)
    assert (await bench.now(job)).status is JobStatus.COMPLETED
    assert bench.engine.heard == [0]


async def test_a_job_that_could_not_be_claimed_is_tried_again(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, claim=[Unavailable("locked"), StorageError("the disk is full")])
    with bench.watch.subscribe(job.job_id) as changes:
        task = asyncio.create_task(bench.worker(store=store).run())
        await changes.wait(30)
    await stopped(task)
    done = await bench.now(job)
    assert (done.status, done.attempts, store.refused) == (JobStatus.COMPLETED, 1, 2)


async def test_a_job_that_cannot_be_claimed_does_not_keep_the_next_one(bench: Workbench) -> None:
    refused, good = await bench.upload(), await bench.upload()
    store = Failing(bench, claim=[StorageError("the disk is full")])
    with bench.watch.subscribe(refused.job_id) as changes:
        task = asyncio.create_task(bench.worker(store=store).run())
        await changes.wait(30)  # its turn comes after the other's
    await stopped(task)
    for job in (refused, good):
        assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_fault_of_ours_in_the_claim_does_not_lose_the_job(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, claim=[ZeroDivisionError("a fault of ours")])
    with bench.watch.subscribe(job.job_id) as changes:
        task = asyncio.create_task(bench.worker(store=store).run())
        await changes.wait(30)
    await stopped(task)
    assert (await bench.now(job)).status is JobStatus.COMPLETED


@pytest.mark.parametrize(
    "verb, error, status",
    [
        ("succeed", None, JobStatus.COMPLETED),
        ("get", None, JobStatus.COMPLETED),
        ("fail", EngineRefused("no such key"), JobStatus.FAILED),
        ("retry", EngineError("failed once"), JobStatus.PENDING),
    ],
)
async def test_a_verdict_is_written_as_soon_as_the_store_lets(
    bench: Workbench, verb: str, error: SpoolError | None, status: JobStatus
) -> None:
    job = await bench.upload()
    store = Failing(bench, **{verb: [StorageError("full"), Unavailable("locked")]})
    await run_to_end(bench.worker(store=store, pipeline=Scripted(error).as_pipeline()))
    settled = await bench.now(job)
    assert (settled.status, settled.attempts, store.refused) == (status, 1, 2)
    assert settled.error_code == (error.code if error else None)


async def test_the_place_stays_taken_until_the_verdict_is_written(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, succeed=[StorageError("the disk is full")] * 3)
    worker = bench.worker(store=store, pipeline=Scripted().as_pipeline())
    running_then: list[int] = []
    store.when_refused = lambda: running_then.append(worker.running())
    await run_to_end(worker)
    assert running_then == [1, 1, 1] and worker.running() == 0
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_stop_ends_the_wait_for_a_store_that_takes_no_verdict(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, succeed=[StorageError("the disk is full")] * 9)
    worker = bench.worker(store=store, pipeline=Scripted().as_pipeline())
    worker._first_retry = 3600.0
    task = asyncio.create_task(worker.run())
    await until(lambda: store.refused == 1)
    await stopped(task)
    assert store.refused == 1 and worker.running() == 0
    assert (await bench.now(job)).status is JobStatus.RUNNING  # for the sweep
    later = bench.worker(boot_id="boot-2")
    await later.recover()
    await run_to_end(later)
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_verdict_that_the_store_refuses_for_good_does_not_end_the_worker(
    bench: Workbench,
) -> None:
    await bench.upload()
    good = await bench.upload()
    store = Failing(bench, succeed=[Conflict("it contradicts what is stored")])
    with bench.watch.subscribe(good.job_id) as changes:
        task = asyncio.create_task(bench.worker(store=store).run())
        await changes.wait(30)
    await stopped(task)
    assert (await bench.now(good)).status is JobStatus.COMPLETED


def test_waits_grow_up_to_a_minute_however_often_it_failed(bench: Workbench) -> None:
    worker = bench.worker()
    worker._first_retry = 1.0
    assert [worker._delay(tries) for tries in (1, 2, 3, 7, 100_000)] == [1, 2, 4, 60, 60]


async def killed(bench: Workbench, job: Job, times: int) -> JobWorker:
    """A worker of the run after `times` runs that ended in the middle of the job."""
    for number in range(times):
        assert await bench.store.claim(job.job_id, f"killed-{number}")
        worker = bench.worker(boot_id=f"killed-{number + 1}", pipeline=bench.pipeline())
        await worker.recover()
    return worker


async def test_a_job_that_kills_the_service_every_time_fails_in_the_end(bench: Workbench) -> None:
    job = await bench.upload()
    worker = await killed(bench, job, times=3)
    with bench.watch.subscribe(job.job_id) as changes:
        await run_to_end(worker)
        await changes.wait(30)
    failed = await bench.now(job)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "interrupted")
    assert failed.error_message is not None
    assert "the service ended in the middle of this job 3 times" in failed.error_message
    assert "send it again" in failed.error_message
    assert bench.engine.heard == [] and failed.stage is None
    assert bench.queue.size() == 0 and worker.running() == 0


async def test_a_job_that_was_interrupted_less_often_than_that_runs(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(await killed(bench, job, times=2))
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 3)


async def test_a_lower_limit_after_a_restart_does_not_blame_an_interruption(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    line = Scripted(EngineError("failed"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline(), max_attempts=3), attempts=2)
    await run_to_end(bench.worker(pipeline=line.as_pipeline(), max_attempts=1))
    failed = await bench.now(job)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "engine.failed")


async def test_there_are_as_many_jobs_at_once_as_places(bench: Workbench) -> None:
    bench.engine = type(bench.engine)(concurrency=8)
    bench.engine.hold.clear()
    jobs = [await bench.upload() for _ in range(3)]
    worker = bench.worker(places=2)
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 2)
    assert worker.running() == 2 and bench.queue.size() == 1
    with bench.watch.subscribe(jobs[2].job_id) as changes:
        bench.engine.hold.set()
        await changes.wait(30)
    await stopped(task)
    assert (await bench.now(jobs[2])).status is JobStatus.COMPLETED
    assert bench.engine.most_at_work == 2


async def test_whoever_waits_hears_of_the_end_when_it_is_written(bench: Workbench) -> None:
    job = await bench.upload()
    with bench.watch.subscribe(job.job_id) as changes:
        running = asyncio.create_task(bench.worker().run_once())
        await changes.wait(30)
        assert (await bench.now(job)).status.ended
        await running


async def test_two_jobs_of_one_asset_leave_one_set_of_moments(bench: Workbench) -> None:
    options = JobOptions(asset_id="lecture-1")
    await bench.upload(10.0, options=options)
    second = await bench.upload(5.0, options=options)
    await run_to_end(bench.worker(), attempts=2)
    assert list(bench.index.assets) == ["lecture-1"]
    assert len(bench.index.assets["lecture-1"]) == 1
    assert await bench.transcripts.load(second.job_id) is not None


def errors() -> list[type[Any]]:
    return [each for each in SpoolError.__subclasses__() if each.__module__ == "app.domain.errors"]


@pytest.mark.parametrize("kind", errors())
async def test_every_planned_error_ends_or_repeats_the_attempt(
    bench: Workbench, kind: type[SpoolError]
) -> None:
    job = await bench.upload()
    line = Scripted(kind("planned"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline()))
    settled = await bench.now(job)
    expected = JobStatus.PENDING if kind.retryable else JobStatus.FAILED
    assert (settled.status, settled.error_code) == (expected, kind.code)
