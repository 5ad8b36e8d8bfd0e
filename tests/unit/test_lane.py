"""Who may kill the service runs with nothing beside it, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.domain.jobs import Job, JobStatus
from app.services.lane import Lane
from tests.fakes import FakeEngine
from tests.unit.scripted import killed, stopped
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Traveller:
    """Wants on the lane, and stays until it is told to leave."""

    def __init__(self, lane: Lane, *, alone: bool) -> None:
        self.here = False
        self._leave = asyncio.Event()
        self._task = asyncio.create_task(self._travel(lane, alone))

    async def _travel(self, lane: Lane, alone: bool) -> None:
        async with lane.entered(alone=alone):
            self.here = True
            await self._leave.wait()
            self.here = False

    async def leave(self) -> None:
        self._leave.set()
        await self._task
        await all_move()

    async def give_up(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await all_move()


async def all_move() -> None:
    """Whoever can go on does."""
    for _ in range(20):
        await asyncio.sleep(0)


async def travellers(lane: Lane, *alone: bool) -> list[Traveller]:
    found = []
    for each in alone:
        found.append(Traveller(lane, alone=each))
        await all_move()
    return found


async def test_many_go_side_by_side() -> None:
    each = await travellers(Lane(), False, False, False)
    assert [one.here for one in each] == [True, True, True]
    for one in each:
        await one.leave()


async def test_who_is_alone_waits_for_those_before_and_those_after_wait_for_it() -> None:
    before, alone, after = await travellers(Lane(), False, True, False)
    assert (before.here, alone.here, after.here) == (True, False, False)
    await before.leave()
    assert (alone.here, after.here) == (True, False)
    await alone.leave()
    assert after.here
    await after.leave()


async def test_nobody_starves_between_those_who_want_to_be_alone() -> None:
    one, two, after, three = await travellers(Lane(), True, True, False, True)
    assert (one.here, two.here, after.here, three.here) == (True, False, False, False)
    await one.leave()
    assert (two.here, after.here, three.here) == (True, False, False)
    await two.leave()
    assert (after.here, three.here) == (True, False)
    await after.leave()
    assert three.here
    await three.leave()


@pytest.mark.parametrize("alone", [True, False])
async def test_who_gives_up_waiting_is_in_nobodys_way(alone: bool) -> None:
    lane = Lane()
    before, waiting, after = await travellers(lane, False, True, False)
    gives_up, goes = (waiting, after) if alone else (after, waiting)
    await gives_up.give_up()
    assert goes.here == alone
    await before.leave()
    assert goes.here
    await goes.leave()
    [last] = await travellers(lane, True)
    assert last.here
    await last.leave()


async def test_who_is_cut_off_on_the_lane_leaves_it_free() -> None:
    for alone in (True, False):
        lane = Lane()
        [cut] = await travellers(lane, alone)
        await cut.give_up()
        [after] = await travellers(lane, True)
        assert after.here
        await after.leave()


async def a_suspect(bench: Workbench) -> Job:
    """It ran in two deaths of the service. Not on the queue."""
    job = await bench.upload()
    await killed(bench, job, times=2)
    assert await bench.queue.dequeue() == {"job_id": job.job_id}
    assert (await bench.now(job)).suspect
    return job


async def comes(bench: Workbench, job: Job) -> None:
    await bench.queue.enqueue({"job_id": job.job_id})


async def ended(bench: Workbench, *jobs: Job) -> list[Job]:
    found = [await bench.service().wait(job.job_id, 60) for job in jobs]
    assert all(job.status is JobStatus.COMPLETED for job in found)
    return found


async def test_a_suspect_job_runs_with_nothing_beside_it(bench: Workbench) -> None:
    bench.engine = FakeEngine(concurrency=8)
    suspect = await a_suspect(bench)
    await comes(bench, suspect)
    bench.engine.hold.clear()
    worker = bench.worker(boot_id="now", places=3)
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    others = [await bench.upload() for _ in range(4)]
    await until(lambda: len(worker._walks.waiting) == 2)
    assert (await bench.now(suspect)).status is JobStatus.RUNNING
    bench.engine.hold.set()
    await bench.ended(suspect)
    assert bench.engine.most_at_work == 1
    await ended(bench, *others)
    await stopped(task)
    assert (await bench.now(suspect)).status is JobStatus.COMPLETED


async def test_a_suspect_job_lets_those_before_it_end_first(bench: Workbench) -> None:
    bench.engine.hold.clear()
    worker = bench.worker(boot_id="now", places=3)
    suspect, before = await a_suspect(bench), await bench.upload()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    await comes(bench, suspect)
    await until(lambda: suspect.job_id in worker._walks.waiting)
    after = await bench.upload()
    await until(lambda: after.job_id in worker._walks.waiting)
    assert worker.running() == 1
    bench.engine.hold.set()
    found = await ended(bench, before, suspect, after)
    await stopped(task)
    first, second, third = (job.history[-1] for job in found)
    assert first.ended_at is not None and second.ended_at is not None
    assert first.ended_at <= second.started_at and second.ended_at <= third.started_at


@pytest.mark.parametrize("verb", ["cancel", "delete"])
async def test_a_suspect_job_that_is_cancelled_while_it_waits_is_in_nobodys_way(
    bench: Workbench, verb: str
) -> None:
    bench.engine = FakeEngine(concurrency=8)
    bench.engine.hold.clear()
    worker = bench.worker(boot_id="now", places=2)
    service = bench.service(worker)
    suspect, before = await a_suspect(bench), await bench.upload()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 1)
    await comes(bench, suspect)
    await until(lambda: suspect.job_id in worker._walks.waiting)
    async with asyncio.timeout(30):
        if verb == "cancel":
            assert (await service.cancel(suspect.job_id)).status is JobStatus.CANCELLED
        else:
            await service.delete(suspect.job_id)
    after = await bench.upload()
    await until(lambda: bench.engine.at_work == 2)  # while the one before still runs
    bench.engine.hold.set()
    await ended(bench, before, after)
    await stopped(task)
    assert len(bench.engine.heard) == 2
