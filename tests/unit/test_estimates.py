"""When jobs will be done, and whose turn it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.jobs import Job, JobOptions, JobStatus, Priority
from app.pipeline.pace import Paces, Speed
from app.services.capacity import Capacity
from app.services.estimates import Estimates, Standing
from tests.contracts.jobs import claim
from tests.unit.workbench import Workbench, opened


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
async def pending(bench: Workbench) -> Job:
    return await bench.upload(1.0)


def some(
    bench: Workbench, paces: Paces, *, places: int = 2, running: int = 0, instances: int = 1
) -> Estimates:
    async def capacity() -> Capacity:
        return Capacity(places=places, instances=instances, running=running)

    return Estimates(bench.store, paces, capacity)


def running(job: Job, progress: float, duration: float | None = 100.0) -> Job:
    return replace(job, status=JobStatus.RUNNING, progress=progress, duration=duration)


def test_speed_is_sound_over_work_and_follows_what_was_measured_lately() -> None:
    speed = Speed()
    assert speed.rate is None
    speed.note(20.0, 2.0)
    assert speed.rate == pytest.approx(10.0)
    for _ in range(100):
        speed.note(8.0, 4.0)
    assert speed.rate == pytest.approx(2.0, rel=0.01)


def test_a_burst_counts_by_its_length() -> None:
    speed = Speed()
    speed.note(100.0, 10.0)
    speed.note(20.0, 0.001)
    assert speed.rate == pytest.approx(12.0, rel=0.01)


async def test_nothing_is_told_before_anything_was_measured(bench: Workbench, pending: Job) -> None:
    estimates = some(bench, Paces())
    assert await estimates.standing(running(pending, 0.5)) == Standing()
    assert await estimates.standing(pending) == Standing(eta=None, queue_position=1)


async def test_work_on_sound_whose_length_is_not_known_yet_is_measured_once_it_is(
    bench: Workbench, pending: Job
) -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin(pending.job_id, 0.1)
    clock.now = 2.0
    paces.move(pending.job_id, 0.3, 0.0)
    assert paces.speed.rate is None and paces.runs[pending.job_id].left is None
    clock.now = 4.0
    paces.move(pending.job_id, 0.5, 100.0)
    assert paces.speed.rate == pytest.approx(10.0)


async def test_a_running_job_goes_on_as_fast_as_it_was(bench: Workbench, pending: Job) -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin(pending.job_id, 0.1)
    clock.now = 4.0
    paces.move(pending.job_id, 0.5, 100.0)  # 40 s of sound in 4 s
    standing = await some(bench, paces).standing(running(pending, 0.5))
    assert standing.eta == pytest.approx(5.0) and standing.queue_position is None
    assert some(bench, paces).known(running(pending, 0.5, duration=None)) == Standing()


async def test_a_job_of_which_nothing_is_measured_goes_as_fast_as_others_did(
    bench: Workbench, pending: Job
) -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin("another", 0.1)
    clock.now = 9.0
    paces.move("another", 1.0, 100.0)
    paces.end("another", heard=True)
    assert some(bench, paces).known(running(pending, 0.0, 50.0)).eta == pytest.approx(5.0)


async def test_who_waits_is_told_the_time_of_those_before(bench: Workbench, pending: Job) -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin("another", 0.1)
    clock.now = 10.0
    paces.move("another", 1.0, 100.0)
    paces.end("another", heard=True)
    second, first = await bench.upload(1.0), pending
    free, busy = some(bench, paces), some(bench, paces, running=2)
    assert await free.standing(first) == Standing(eta=10.0, queue_position=1)
    assert await free.standing(second) == Standing(eta=10.0, queue_position=2)
    assert await busy.standing(first) == Standing(eta=20.0, queue_position=1)
    assert await busy.standing(second) == Standing(eta=25.0, queue_position=2)


async def test_who_is_more_urgent_is_before_others(bench: Workbench, pending: Job) -> None:
    urgent = await bench.upload(1.0, options=JobOptions(priority=Priority.INTERACTIVE))
    estimates = some(bench, Paces())
    assert (await estimates.standing(urgent)).queue_position == 1
    assert (await estimates.standing(pending)).queue_position == 2


async def test_who_somebody_waits_for_has_a_place_more(bench: Workbench, pending: Job) -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin("another", 0.1)
    clock.now = 10.0
    paces.move("another", 1.0, 100.0)
    paces.end("another", heard=True)
    options = JobOptions(priority=Priority.INTERACTIVE)
    first, second = [await bench.upload(1.0, options=options) for _ in range(2)]
    busy, full = some(bench, paces, running=2), some(bench, paces, running=3)
    assert await busy.standing(first) == Standing(eta=10.0, queue_position=1)
    assert await full.standing(first) == Standing(eta=20.0, queue_position=1)
    assert (await busy.standing(second)).eta == pytest.approx(20.0)
    assert (await busy.standing(pending)).eta == pytest.approx(30.0)


async def test_all_who_live_share_the_work(bench: Workbench, pending: Job) -> None:
    """It used to count the places of the one that was asked."""
    clock = Clock()
    paces = Paces(clock)
    paces.begin("another", 0.1)
    clock.now = 10.0
    paces.move("another", 1.0, 100.0)
    paces.end("another", heard=True)
    urgent = await bench.upload(1.0, options=JobOptions(priority=Priority.INTERACTIVE))
    two = some(bench, paces, places=4, instances=2, running=4)
    assert await two.standing(urgent) == Standing(eta=10.0, queue_position=1)
    assert await two.standing(pending) == Standing(eta=22.5, queue_position=2)


async def test_jobs_that_have_ended_wait_for_nothing(bench: Workbench, pending: Job) -> None:
    job = await claim(bench.store, pending)
    assert await bench.store.succeed(job, output_path="x")
    assert await some(bench, Paces()).standing(await bench.now(job)) == Standing()


def test_what_failed_says_nothing_of_how_long_jobs_take() -> None:
    clock = Clock()
    paces = Paces(clock)
    paces.begin("a", 0.0)
    clock.now = 1.0
    paces.end("a", heard=False)
    assert paces.whole is None and paces.runs == {}
    paces.move("a", 0.5, 100.0)
    paces.end("never begun", heard=True)
    assert paces.whole is None and paces.speed.rate is None


async def test_a_job_on_its_way_is_measured(bench: Workbench) -> None:
    paces = Paces()
    job = await bench.upload(60.0)
    worker = bench.worker(paces=paces)
    await worker.run_once()
    assert (await bench.now(job)).status is JobStatus.COMPLETED
    assert paces.whole is not None and paces.speed.rate is not None
    assert paces.runs == {}
