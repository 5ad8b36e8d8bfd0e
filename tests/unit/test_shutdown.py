"""The end of a run: what is under way is kept or given back, and nothing new begins."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import EngineCrashed, StorageError
from app.domain.jobs import Job, JobStatus
from app.services.backoff import Backoff
from tests.fakes import FakeEngine
from tests.unit.scripted import (
    Failing,
    Scripted,
    StuckExtractor,
    killed,
    run_to_end,
    running,
    stopped,
)
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


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


async def test_a_stop_ends_the_wait_for_a_store_that_takes_no_verdict(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, succeed=[StorageError("the disk is full")] * 9)
    backoff = Backoff(first=3600.0, last=3600.0)
    worker = bench.worker(store=store, pipeline=Scripted().as_pipeline(), backoff=backoff)
    task = asyncio.create_task(worker.run())
    await until(lambda: store.refused == 1)
    await stopped(task)
    assert store.refused == 1 and worker.running() == 0
    await given_back(bench, job)
    later = bench.worker(boot_id="boot-2")
    await later.recover()
    await run_to_end(later)
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def given_back(bench: Workbench, job: Job) -> None:
    found = await bench.now(job)
    assert (found.status, found.attempts, found.deaths) == (JobStatus.PENDING, 0, 0)
    assert found.history == () and found.boot_id is None
    assert bench.pcm_files() == []


async def test_windows_under_way_are_finished_and_kept_and_no_other_begins(
    bench: Workbench,
) -> None:
    bench.engine = FakeEngine(concurrency=1)
    bench.engine.hold.clear()
    job = await bench.upload(15.0)
    worker = bench.worker()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    closing = asyncio.create_task(worker.close(3600.0))
    await asyncio.sleep(0)
    assert not closing.done()
    bench.engine.hold.set()
    async with asyncio.timeout(30):
        await closing
        await task
    assert bench.engine.heard == [0]
    assert [window.number for window in await bench.transcripts.partial(job.job_id)] == [0]
    await given_back(bench, job)
    later = bench.worker(boot_id="boot-2")
    await later.recover()
    await run_to_end(later)
    assert bench.engine.heard == [0, 1, 2]
    transcript = await bench.transcripts.load(job.job_id)
    assert transcript is not None and transcript.text == "window 0 window 1 window 2"


async def test_a_window_that_takes_longer_than_the_grace_is_abandoned(bench: Workbench) -> None:
    bench.engine.hold.clear()
    job = await bench.upload()
    worker = bench.worker()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    await worker.close(0.0)
    assert bench.engine.at_work == 1
    await stopped(task)
    assert bench.engine.at_work == 0 and bench.engine.heard == []
    await given_back(bench, job)


async def test_extraction_is_cut_at_once(bench: Workbench) -> None:
    stuck = StuckExtractor()
    bench.extractors = (stuck,)
    job = await bench.upload()
    worker = bench.worker()
    task = asyncio.create_task(worker.run())
    await until(lambda: stuck.at_work == 1)
    async with asyncio.timeout(30):
        await worker.close(3600.0)
        await task
    assert stuck.at_work == 0
    await given_back(bench, job)


async def test_embedding_is_cut_at_once_and_the_transcript_kept(bench: Workbench) -> None:
    bench.embedder.hold.clear()
    job = await bench.upload()
    worker = bench.worker()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.embedder.at_work == 1)
    async with asyncio.timeout(30):
        await worker.close(3600.0)
        await task
    await given_back(bench, job)
    bench.embedder.hold.set()
    await bench.queue.enqueue({"job_id": job.job_id})
    await run_to_end(bench.worker(boot_id="boot-2"))
    assert (await bench.now(job)).status is JobStatus.COMPLETED
    assert bench.engine.heard == [0]


async def test_nothing_is_begun_once_the_service_stops(bench: Workbench) -> None:
    job = await bench.upload()
    worker = bench.worker()
    await worker.close(0.0)
    async with asyncio.timeout(30):
        assert await worker.run_once() is None
    await given_back(bench, job)


async def test_a_job_that_waits_to_be_alone_is_not_begun_while_the_service_stops(
    bench: Workbench,
) -> None:
    suspect = await bench.upload(name="suspect.wav")
    worker = await killed(bench, suspect, times=2)
    await bench.queue.dequeue()
    bench.engine.hold.clear()
    worker = bench.worker(boot_id="boot-1", places=2)
    await bench.upload()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    await bench.queue.enqueue({"job_id": suspect.job_id})
    await until(lambda: bool(worker._walks.waiting))
    closing = asyncio.create_task(worker.close(3600.0))
    bench.engine.hold.set()
    async with asyncio.timeout(30):
        await closing
        await task
    left = await bench.now(suspect)
    assert (left.status, left.attempts, left.deaths) == (JobStatus.PENDING, 2, 2)


async def test_a_claim_that_is_committed_as_the_service_stops_is_given_back(
    bench: Workbench,
) -> None:
    committed, go_on = asyncio.Event(), asyncio.Event()

    class Slow(SqlJobStore):
        async def claim(self, job_id: str, boot_id: str) -> Job | None:
            claimed = await super().claim(job_id, boot_id)
            committed.set()
            await go_on.wait()
            return claimed

    job = await bench.upload()
    task = asyncio.create_task(bench.worker(store=Slow(bench.store._database)).run())
    async with asyncio.timeout(30):
        await committed.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await stopped(task)
    await given_back(bench, job)
