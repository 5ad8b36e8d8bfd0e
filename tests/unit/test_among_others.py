"""A worker that is one of several on the same jobs: what it lets go of, and what it leaves them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import Unavailable
from app.domain.jobs import Job, JobStatus, Priority
from app.domain.search import Moment
from app.ports import Vector
from app.services import worker as workers
from app.services.disk import DiskGuard
from app.services.worker import JobWorker
from tests.contracts.jobs import claim
from tests.unit.scripted import Scripted, killed, running, stopped
from tests.unit.workbench import NoBallast, Notebook, Workbench, opened, until

SOON = 30  # seconds


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class SharedQueue(MemoryQueue):
    """One that others take from, too: what is put back is noted."""

    lasting = True

    def __init__(self) -> None:
        super().__init__()
        self.put_back: list[str] = []

    async def enqueue(
        self, payload: dict[str, str], priority: Priority = Priority.NORMAL, after: float = 0.0
    ) -> None:
        if after > 0.0:
            self.put_back.append(payload["job_id"])
        else:
            await super().enqueue(payload, priority)


def held() -> Scripted:
    """A line on which a job stays until it is let go."""
    line = Scripted()
    line.go_on.clear()
    return line


async def test_a_run_that_is_lost_lets_go_and_claims_by_its_new_name(bench: Workbench) -> None:
    line = held()
    worker = bench.worker(pipeline=line.as_pipeline())
    job = await bench.upload()
    task = await running(worker, line)
    await worker.renew("boot-2")
    await until(lambda: worker.running() == 0)
    given_back = await bench.now(job)
    assert (given_back.status, given_back.attempts) == (JobStatus.PENDING, 0)
    line.begun.clear()
    await bench.queue.enqueue({"job_id": job.job_id})
    async with asyncio.timeout(SOON):
        await line.begun.wait()
    assert (await bench.now(job)).boot_id == "boot-2"
    await stopped(task)


async def test_what_could_not_be_given_back_is_once_the_database_is_there(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was swept, and so a database that was away for a minute was a death of the service."""

    class Away(SqlJobStore):
        async def release(self, job: Job) -> bool:
            if not there:
                raise Unavailable("the database server does not answer")
            released.set()
            return await super().release(job)

    monkeypatch.setattr(workers, "TAKE_OVER", 0.001)
    there, released = False, asyncio.Event()
    line, store = held(), Away(bench.store._database)
    worker = bench.worker(store=store, pipeline=line.as_pipeline(), silent_for=0.0)
    job = await bench.upload()
    task = await running(worker, line)
    await worker.renew("boot-2")
    await until(lambda: worker.running() == 0)
    assert (await bench.now(job)).status is JobStatus.RUNNING
    there = True
    taking = asyncio.create_task(worker.take_over())
    async with asyncio.timeout(SOON):
        await released.wait()
    await stopped(taking)  # what is begun is brought to its end
    now = await bench.now(job)
    assert (now.status, now.attempts, now.deaths) == (JobStatus.PENDING, 0, 0)
    await stopped(task)


async def test_a_claim_that_is_answered_after_the_run_was_lost_is_given_back(
    bench: Workbench,
) -> None:
    """It used to be walked under a name that others took for dead."""

    class Late(SqlJobStore):
        async def claim(self, job_id: str, boot_id: str) -> Job | None:
            job = await super().claim(job_id, boot_id)
            await walking[0].renew("boot-2")
            return job

    line, walking = Scripted(), list[JobWorker]()
    worker = bench.worker(store=Late(bench.store._database), pipeline=line.as_pipeline())
    walking.append(worker)
    job = await bench.upload()
    async with asyncio.timeout(SOON):
        assert await worker.run_once() is None
    assert not line.begun.is_set()
    given_back = await bench.now(job)
    assert (given_back.status, given_back.attempts) == (JobStatus.PENDING, 0)


async def test_what_was_taken_off_the_queue_before_the_run_was_lost_is_not_claimed(
    bench: Workbench,
) -> None:
    """It used to be, by a name that was not told yet: others took it away as from the dead."""

    class Slow(SqlJobStore):
        async def get(self, job_id: str) -> Job | None:
            await walking[0].renew("boot-2")
            return await super().get(job_id)

    line, walking = Scripted(), list[JobWorker]()
    worker = bench.worker(store=Slow(bench.store._database), pipeline=line.as_pipeline())
    walking.append(worker)
    job = await bench.upload()
    async with asyncio.timeout(SOON):
        assert await worker.run_once() is None
    assert not line.begun.is_set()
    assert (await bench.now(job)).status is JobStatus.PENDING


async def test_work_on_a_job_that_somebody_else_took_ends(bench: Workbench) -> None:
    line = held()
    worker = bench.worker(pipeline=line.as_pipeline())
    job = await bench.upload()
    task = await running(worker, line)
    await worker.look(job.job_id)
    assert worker.running() == 1
    await bench.store.sweep("boot-2")
    other = await claim(bench.store, job, "boot-2")
    await worker.look(job.job_id)
    await until(lambda: worker.running() == 0)
    await stopped(task)
    assert (await bench.now(job)).boot_id == other.boot_id


async def test_a_suspect_that_was_cancelled_elsewhere_leaves_its_place(bench: Workbench) -> None:
    """It used to wait there until all before it had ended."""
    line = held()
    suspect = await bench.upload()
    await killed(bench, suspect, times=2)
    await bench.queue.dequeue()
    before = await bench.upload()
    worker = bench.worker(pipeline=line.as_pipeline(), boot_id="now", places=2)
    task = await running(worker, line)
    await bench.queue.enqueue({"job_id": suspect.job_id})
    await until(lambda: suspect.job_id in worker._walks.waiting)
    await worker.look(suspect.job_id)
    assert suspect.job_id in worker._walks.waiting
    await bench.store.cancel(suspect.job_id)
    await worker.look(suspect.job_id)
    await until(lambda: suspect.job_id not in worker._walks.waiting)
    assert (await bench.now(before)).status is JobStatus.RUNNING
    await stopped(task)


async def test_what_there_is_no_space_for_is_left_to_others(bench: Workbench) -> None:
    """It used to wait for ours, reserved, however much space the others had."""
    free = 0
    asleep, woken = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await woken.wait()

    bench.queue = queue = SharedQueue()
    bench.disk = DiskGuard(lambda: free, NoBallast(), low=1, high=2, sleep=sleep)
    job = await bench.upload()
    task = asyncio.create_task(bench.worker().run_once())
    async with asyncio.timeout(SOON):
        await asleep.wait()
        assert queue.put_back == [job.job_id]
        free = 1 << 40
        woken.set()
        await queue.enqueue({"job_id": job.job_id})
        done = await task
    assert done is not None and (await bench.now(job)).status is JobStatus.COMPLETED


async def test_what_is_deleted_elsewhere_while_it_is_written_into_the_index_is_not_found(
    bench: Workbench,
) -> None:
    """Who deleted it had taken it out of the index before it was there."""

    class Late(Notebook):
        async def replace_asset(
            self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
        ) -> None:
            await bench.service().delete(asset_id)
            await super().replace_asset(asset_id, moments, vectors)

    bench.index = Late()
    job = await bench.upload()
    async with asyncio.timeout(SOON):
        await bench.worker().run_once()
    assert await bench.store.get(job.job_id) is None
    assert bench.index.kept == {}


@pytest.mark.parametrize("heard", ["of it", "by its progress"])
async def test_a_write_that_goes_on_when_its_job_is_deleted_elsewhere_is_taken_back(
    bench: Workbench, heard: str
) -> None:
    """By its progress, which the store refused, it ended before the look that took it back."""

    class Insistent(Notebook):
        async def replace_asset(
            self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
        ) -> None:
            writing.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await super().replace_asset(asset_id, moments, vectors)

    writing, bench.index = asyncio.Event(), Insistent()
    job, worker = await bench.upload(), bench.worker()
    task = asyncio.create_task(worker.run_once())
    async with asyncio.timeout(SOON):
        await writing.wait()
        await bench.service().delete(job.job_id)
        if heard == "of it":
            await worker.look(job.job_id)
        else:
            worker._walks.lost(job.job_id)
        await task
    assert bench.index.kept == {}


@pytest.mark.parametrize("deaths", [0, 2])
async def test_what_is_taken_from_a_dead_run_is_told_to_all_who_follow_it(
    bench: Workbench, deaths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that it came to its end, to whoever sends webhooks."""
    monkeypatch.setattr(workers, "TAKE_OVER", 0.001)
    job = await bench.upload()
    if deaths:
        await killed(bench, job, times=deaths)
    await claim(bench.store, job, "dead")
    told, ended = list[str](), list[str]()
    bench.watch.abroad = told.append
    worker = bench.worker(silent_for=0.0, ended=lambda: ended.append(job.job_id))
    task = asyncio.create_task(worker.take_over())
    await until(lambda: bool(told))
    await stopped(task)
    assert told == [job.job_id] and ended == ([job.job_id] if deaths else [])
