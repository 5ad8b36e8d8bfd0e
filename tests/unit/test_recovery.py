"""The start after an end: whatever was under way goes on, and what kills the service does not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import EngineError
from app.domain.jobs import JobOptions, JobStatus
from tests.contracts.jobs import claim
from tests.fakes import FakeEngine
from tests.unit.scripted import killed, run_to_end
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def test_a_job_that_kills_the_service_every_time_is_a_dead_letter_at_the_third(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    worker = await killed(bench, job, times=3)
    dead = await bench.now(job)
    assert (dead.status, dead.dead_letter) == (JobStatus.FAILED, True)
    assert (dead.attempts, dead.deaths, dead.error_code) == (3, 3, "interrupted")
    assert [attempt.error_code for attempt in dead.history] == ["interrupted"] * 3
    assert await worker.recover() == 0
    async with asyncio.timeout(30):
        assert await worker.run_once() is None  # the hint of before leads to nothing
    assert bench.engine.heard == []


async def test_a_job_that_was_interrupted_less_often_than_that_runs(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(await killed(bench, job, times=2))
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 3)


async def test_deaths_of_the_service_cost_neither_errors_nor_crashes(bench: Workbench) -> None:
    job = await bench.upload()
    await killed(bench, job, times=2)
    found = await bench.now(job)
    assert (found.errors, found.crashes, found.deaths) == (0, 0, 2)


async def test_a_job_that_gets_on_a_window_at_a_time_is_never_given_up(bench: Workbench) -> None:
    bench.engine = FakeEngine(concurrency=1)
    job = await bench.upload(25.0)
    for number in range(4):
        bench.engine.failures = {number + 1: [EngineError("no more in this run")]}
        await run_to_end(bench.worker(boot_id=f"run-{number}"))
        assert await bench.store.claim(job.job_id, f"run-{number}")  # the next attempt is its end
        await bench.worker(boot_id=f"run-{number + 1}").recover()
        found = await bench.now(job)
        assert (found.status, found.deaths) == (JobStatus.PENDING, 1)
    assert bench.engine.heard == [0, 1, 2, 3]


async def test_a_replayed_dead_letter_begins_with_a_clean_slate(bench: Workbench) -> None:
    job = await bench.upload()
    worker = await killed(bench, job, times=3)
    await bench.queue.dequeue()
    again = await bench.service().replay(job.job_id)
    assert (again.status, again.deaths, again.dead_letter) == (JobStatus.PENDING, 0, False)
    await run_to_end(worker)
    done = await bench.now(job)
    assert (done.status, done.attempts, len(done.history)) == (JobStatus.COMPLETED, 4, 4)


async def test_a_recovery_that_is_cut_short_and_run_again_ends_the_same(
    bench: Workbench,
) -> None:
    interrupted, waiting = await bench.upload(), await bench.upload()
    await claim(bench.store, interrupted, "dead")
    await bench.store.sweep("second")  # and the second run dies here
    worker = bench.worker(boot_id="third")
    assert await worker.recover() == 2
    assert await worker.recover() == 2
    found = await bench.now(interrupted)
    assert (found.attempts, found.deaths, bench.queue.size()) == (1, 1, 2)
    assert (await bench.now(waiting)).deaths == 0


async def test_pending_jobs_keep_their_order(bench: Workbench) -> None:
    jobs = [await bench.upload(0.1) for _ in range(5)]
    await claim(bench.store, jobs[2], "dead")
    for _ in jobs:
        await bench.queue.dequeue()
    await bench.worker().recover()
    queued = [(await bench.queue.dequeue())["job_id"] for _ in jobs]
    assert queued == [job.job_id for job in jobs]


async def test_a_result_that_comes_after_another_run_took_over_is_dropped(
    bench: Workbench,
) -> None:
    bench.engine.hold.clear()
    job = await bench.upload(10.0)
    late = bench.worker(boot_id="boot-1")
    coming = asyncio.create_task(late.run_once())
    await until(lambda: bench.engine.at_work == 2)

    other = Workbench(
        folder=bench.folder,
        store=bench.store,
        journal=bench.journal,
        transcripts=bench.transcripts,
        assets=bench.assets,
        bulk=bench.bulk,
        blobs=bench.blobs,
        scratch=bench.scratch,
    )
    worker = other.worker(boot_id="boot-2")
    await worker.recover()
    await run_to_end(worker)
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 2)
    document = await bench.blobs.load_file(f"results/{job.job_id}.json")

    bench.engine.said = lambda window: "something else"  # type: ignore[method-assign]
    bench.engine.hold.set()
    async with asyncio.timeout(30):
        await coming
    assert await bench.now(job) == done
    transcript = await bench.transcripts.load(job.job_id)
    assert transcript is not None and transcript.text == "window 0 window 1"
    assert await bench.blobs.load_file(f"results/{job.job_id}.json") == document
    assert bench.index.kept == {}
    assert [w.segments[0].text for w in await bench.transcripts.partial(job.job_id)] == [
        "window 0",
        "window 1",
    ]


async def test_a_death_before_an_earlier_job_on_the_asset_was_ended_leaves_the_later_one(
    bench: Workbench,
) -> None:
    earlier, later = [await bench.upload(options=JobOptions(asset_id="talk")) for _ in range(2)]
    assert await bench.worker(boot_id="boot-2").recover() == 1
    assert (await bench.now(earlier)).error_code == "job.superseded"
    assert (await bench.now(later)).status is JobStatus.PENDING
