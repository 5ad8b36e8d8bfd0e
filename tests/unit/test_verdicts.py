"""How an attempt ends: done, tried again, given up; and what it is paid from."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import (
    ClusterAway,
    Conflict,
    EngineCrashed,
    EngineError,
    EngineOutOfMemory,
    EngineRefused,
    Exhausted,
    SpoolError,
    StorageDenied,
    StorageError,
    StorageFull,
    Unavailable,
)
from app.domain.jobs import Job, JobOptions, JobStatus, Stage
from app.pipeline.report import ClaimLost, JobReport
from app.pipeline.work import Work
from app.services.disk import DiskGuard
from app.services.verdicts import Limits
from tests.unit.scripted import Failing, Scripted, run_to_end, stopped
from tests.unit.workbench import NoBallast, Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


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
    bench.scratch.path(job.input_path).unlink()
    await run_to_end(bench.worker())
    failed = await bench.now(job)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "source.gone")


async def test_a_fault_of_ours_is_tried_again_and_then_told(bench: Workbench) -> None:
    job = await bench.upload()
    line = Scripted(ZeroDivisionError("division by zero"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline(), limits=Limits(errors=2)), attempts=2)
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


@pytest.mark.parametrize(
    "verb, error, status",
    [
        ("succeed", None, JobStatus.COMPLETED),
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


async def test_a_verdict_that_the_store_refuses_for_good_does_not_end_the_worker(
    bench: Workbench,
) -> None:
    await bench.upload()
    good = await bench.upload()
    store = Failing(bench, succeed=[Conflict("it contradicts what is stored")])
    task = asyncio.create_task(bench.worker(store=store).run())
    await bench.ended(good)
    await stopped(task)
    assert (await bench.now(good)).status is JobStatus.COMPLETED


async def test_a_lower_limit_after_a_restart_does_not_blame_an_interruption(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    line = Scripted(EngineError("failed"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline()), attempts=2)
    await run_to_end(bench.worker(pipeline=line.as_pipeline(), limits=Limits(errors=1)))
    failed = await bench.now(job)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "engine.failed")


def errors(root: type[SpoolError] = SpoolError) -> list[type[SpoolError]]:
    """All that `app.domain.errors` names, however deep."""
    below = [each for each in root.__subclasses__() if each.__module__ == SpoolError.__module__]
    return below + [each for kind in below for each in errors(kind)]


@pytest.mark.parametrize("kind", errors())
async def test_every_planned_error_ends_or_repeats_the_attempt(
    bench: Workbench, kind: type[SpoolError]
) -> None:
    job = await bench.upload()
    line = Scripted(kind("planned"))
    await run_to_end(bench.worker(pipeline=line.as_pipeline()))
    settled = await bench.now(job)
    expected = JobStatus.PENDING if kind.retryable else JobStatus.FAILED
    # at no cost, as StorageFull while the disk is full
    put_back = kind in (ClusterAway, Exhausted, StorageDenied)
    assert (settled.status, settled.attempts) == (expected, 0 if put_back else 1)
    assert settled.error_code == (None if put_back else kind.code)


def crash(number: int = 1) -> EngineCrashed:
    return EngineCrashed(f"crash {number}", exit_status=-11, last_lines="its last words")


async def test_the_third_crash_makes_a_dead_letter(bench: Workbench) -> None:
    bench.engine.failures = {0: [crash(1), crash(2), crash(3)]}
    job = await bench.upload()
    await run_to_end(bench.worker(), attempts=3)
    dead = await bench.now(job)
    assert (dead.status, dead.dead_letter) == (JobStatus.FAILED, True)
    assert (dead.attempts, dead.crashes, dead.errors) == (3, 3, 0)
    assert (dead.error_code, dead.error_message) == ("engine.crashed", "crash 3")
    assert bench.queue.size() == 0 and bench.pcm_files() == []


async def test_the_fifth_error_makes_a_dead_letter(bench: Workbench) -> None:
    bench.engine.failures = {0: [EngineError(f"error {number}") for number in range(1, 6)]}
    job = await bench.upload()
    await run_to_end(bench.worker(), attempts=5)
    dead = await bench.now(job)
    assert (dead.status, dead.dead_letter) == (JobStatus.FAILED, True)
    assert (dead.attempts, dead.crashes, dead.errors) == (5, 0, 5)
    assert [attempt.error_message for attempt in dead.history][-2:] == ["error 4", "error 5"]
    assert bench.queue.size() == 0


async def test_crashes_and_errors_are_counted_apart(bench: Workbench) -> None:
    mixed = [crash(), EngineError("e"), crash(), *[EngineError("e")] * 3]
    bench.engine.failures = {0: [*mixed, EngineOutOfMemory("the last straw")]}
    job = await bench.upload()
    worker = bench.worker()
    await run_to_end(worker, attempts=6)
    waiting = await bench.now(job)
    assert (waiting.status, waiting.crashes, waiting.errors) == (JobStatus.PENDING, 2, 4)
    await run_to_end(worker)
    dead = await bench.now(job)
    assert (dead.dead_letter, dead.crashes, dead.errors) == (True, 3, 4)
    assert dead.error_code == "engine.out_of_memory"


async def test_the_history_tells_of_each_attempt_what_it_died_of(bench: Workbench) -> None:
    bench.engine.failures = {0: [crash(), EngineError("said no")]}
    job = await bench.upload()
    await run_to_end(bench.worker(), attempts=3)
    first, second, third = (await bench.now(job)).history
    assert (first.error_class, first.exit_status) == ("EngineCrashed", -11)
    assert (first.last_lines, first.stage) == ("its last words", Stage.TRANSCRIBING)
    assert (second.error_class, second.exit_status, second.last_lines) == (
        *("EngineError", None, None),
    )
    assert (third.error_code, third.error_class) == (None, None)
    for attempt in (first, second, third):
        assert attempt.ended_at is not None and attempt.started_at <= attempt.ended_at


async def test_what_cannot_be_helped_fails_at_once_and_is_no_dead_letter(
    bench: Workbench,
) -> None:
    job = await bench.upload_bytes(b"no sound")
    await run_to_end(bench.worker())
    failed = await bench.now(job)
    assert (failed.status, failed.dead_letter) == (JobStatus.FAILED, False)
    assert (failed.attempts, failed.errors, failed.crashes) == (1, 0, 0)


class Filling(Scripted):
    """Takes the space of the disk, or does not, and finds it full."""

    def __init__(self, disk: "Disk", leaves: int) -> None:
        super().__init__(StorageFull("no space left"))
        self.disk, self.leaves = disk, leaves

    async def run(self, job: Job, report: JobReport) -> Work:
        self.disk.free = self.leaves
        return await super().run(job, report)


class Disk:
    """Under 10 bytes it is nearly full, with 20 work goes on."""

    def __init__(self) -> None:
        self.free = 100
        self.trouble: SpoolError | None = None
        self.guard = DiskGuard(
            self.look, NoBallast(), low=10, high=20, sleep=lambda _: asyncio.sleep(0)
        )

    def look(self) -> int:
        if self.trouble:
            raise self.trouble
        return self.free


async def test_a_full_disk_costs_nothing_and_the_job_waits_for_space(bench: Workbench) -> None:
    disk = Disk()
    bench.disk = disk.guard
    line = Filling(disk, leaves=5)
    job = await bench.upload()
    worker = bench.worker(pipeline=line.as_pipeline())
    for _ in range(7):  # more often than there are errors to be paid
        await run_to_end(worker)
        waiting = await bench.now(job)
        assert (waiting.status, waiting.attempts, waiting.errors) == (JobStatus.PENDING, 0, 0)
        assert waiting.history == () and waiting.error_code is None
        disk.free = 100
    disk.free, line.error, line.leaves = 5, None, 100
    again = asyncio.create_task(worker.run_once())
    await until(lambda: disk.guard.paused and bench.queue.size() == 0)
    assert not again.done() and (await bench.now(job)).status is JobStatus.PENDING
    disk.free = 100
    async with asyncio.timeout(30):
        await again
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 1)


async def test_a_job_that_is_too_large_for_the_disk_does_not_come_back_for_ever(
    bench: Workbench,
) -> None:
    disk = Disk()
    bench.disk = disk.guard
    line = Filling(disk, leaves=100)
    job = await bench.upload()
    await run_to_end(bench.worker(pipeline=line.as_pipeline()), attempts=5)
    dead = await bench.now(job)
    assert (dead.dead_letter, dead.errors, dead.error_code) == (True, 5, "storage.full")


async def test_a_full_disk_that_cannot_be_asked_leaves_no_job_without_a_verdict(
    bench: Workbench,
) -> None:
    disk = Disk()
    bench.disk = disk.guard
    line = Scripted(StorageFull("no space left"))
    line.go_on.clear()
    job = await bench.upload()
    attempt = asyncio.create_task(bench.worker(pipeline=line.as_pipeline()).run_once())
    async with asyncio.timeout(30):
        await line.begun.wait()
        disk.trouble = StorageError("input/output error")
        line.go_on.set()
        await attempt
    waiting = await bench.now(job)
    assert (waiting.status, waiting.attempts) == (JobStatus.PENDING, 0)
