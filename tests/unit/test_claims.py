"""A claim never stays without somebody who sees to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import Exhausted, StorageError, StorageFull
from app.domain.jobs import JobOptions, JobStatus, Priority
from app.services.disk import DiskGuard
from app.services.verdicts import Limits
from tests.contracts.jobs import claim
from tests.unit.scripted import Failing, Scripted, run_to_end, stopped
from tests.unit.workbench import NoBallast, Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def test_a_job_that_we_hold_and_do_not_walk_is_taken_up_again(bench: Workbench) -> None:
    job = await claim(bench.store, await bench.upload(), "boot-1")
    await run_to_end(bench.worker(boot_id="boot-1"))
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 1)


async def test_a_job_that_another_run_holds_is_left_alone(bench: Workbench) -> None:
    job = await claim(bench.store, await bench.upload(), "another")
    await run_to_end(bench.worker(boot_id="boot-1"))
    assert (await bench.now(job)).boot_id == "another"


async def test_a_verdict_is_written_though_the_disk_cannot_even_be_asked(bench: Workbench) -> None:
    def torn() -> int:
        raise StorageError("the disk does not answer")

    bench.disk = DiskGuard(torn, NoBallast(), low=0, high=0)
    job = await bench.upload()
    store = Failing(bench, succeed=[StorageFull("full"), RuntimeError("can't start new thread")])
    worker = bench.worker(store=store, pipeline=Scripted().as_pipeline())
    task = asyncio.create_task(worker._see_through(await claim(store, job)))
    async with asyncio.timeout(30):
        await task
    assert store.refused == 2
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_hint_for_a_job_at_hand_is_kept_for_later(bench: Workbench) -> None:
    line = Scripted()
    line.go_on.clear()
    job = await bench.upload()
    worker = bench.worker(pipeline=line.as_pipeline(), places=2)
    task = asyncio.create_task(worker.run())
    await until(lambda: any(walk.report.stage for walk in worker._walks))
    assert await bench.store.cancel(job.job_id)
    assert await bench.store.reopen(await bench.now(job))  # while its walk goes on
    await bench.queue.enqueue({"job_id": job.job_id})
    await until(lambda: bench.queue.size() == 0)
    assert worker.running() == 1
    line.go_on.set()
    with bench.watch.subscribe(job.job_id) as changes:
        while (await bench.now(job)).status is not JobStatus.COMPLETED:
            await changes.wait(1)
    await stopped(task)
    assert (await bench.now(job)).attempts == 2
    assert worker.running() == 0


async def test_a_hint_that_is_kept_for_later_keeps_its_priority(bench: Workbench) -> None:
    line = Scripted()
    line.go_on.clear()
    job = await bench.upload(options=JobOptions(priority=Priority.INTERACTIVE))
    worker = bench.worker(pipeline=line.as_pipeline())
    walk = asyncio.create_task(worker.run_once())
    async with asyncio.timeout(30):
        await line.begun.wait()
        await bench.queue.enqueue({"job_id": job.job_id}, Priority.INTERACTIVE)
        assert await worker.run_once() is None
        assert await bench.queue.dequeue(Priority.INTERACTIVE) == {"job_id": job.job_id}
        line.go_on.set()
        await walk


async def test_a_job_whose_claim_fails_keeps_its_priority(bench: Workbench) -> None:
    job = await bench.upload(options=JobOptions(priority=Priority.INTERACTIVE))
    worker = bench.worker(store=Failing(bench, claim=[StorageError("torn")]))
    with pytest.raises(StorageError):
        await worker.run_once()
    async with asyncio.timeout(30):
        assert await bench.queue.dequeue(Priority.INTERACTIVE) == {"job_id": job.job_id}


async def test_what_the_machine_lacks_costs_nothing_and_holds_the_place(bench: Workbench) -> None:
    job = await bench.upload()
    line = Scripted(Exhausted("no process"))
    worker = bench.worker(pipeline=line.as_pipeline(), limits=Limits(errors=1, crashes=1))
    await run_to_end(worker, attempts=2)
    line.error = None
    await run_to_end(worker)
    done = await bench.now(job)
    assert (done.status, done.attempts, done.errors) == (JobStatus.COMPLETED, 1, 0)
