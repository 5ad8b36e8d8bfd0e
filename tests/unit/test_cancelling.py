"""Cancel in every stage: at once, with nothing left running and the place free."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import Conflict, NotFound
from app.domain.jobs import Job, JobStatus, Stage
from app.ports import MediaExtractor
from app.services.arriving import ArrivingIndex
from app.services.worker import JobWorker
from tests.contracts.jobs import new_id
from tests.unit.scripted import StuckExtractor, run_to_end, stopped
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@asynccontextmanager
async def at_work(worker: JobWorker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    yield
    await stopped(task)


async def cancelled(bench: Workbench, worker: JobWorker, job: Job, stage: Stage | None) -> None:
    async with asyncio.timeout(30):
        answer = await bench.service(worker).cancel(job.job_id)
    assert answer == await bench.now(job)
    assert (answer.status, answer.stage) == (JobStatus.CANCELLED, stage)
    assert answer.error_code == "cancelled" and answer.finished_at and answer.boot_id is None
    assert [attempt.error_code for attempt in answer.history] == ["cancelled"] * answer.attempts
    assert bench.pcm_files() == [] and bench.engine.at_work == bench.embedder.at_work == 0
    assert bench.scratch.path(job.input_path).is_file()  # it may be retried
    with pytest.raises(Conflict, match="been cancelled"):
        await bench.service(worker).cancel(job.job_id)


async def the_place_is_free(bench: Workbench, release: Callable[[], None]) -> None:
    release()
    job = await bench.upload()
    await bench.ended(job)
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_job_that_waits(bench: Workbench) -> None:
    job = await bench.upload()
    worker = bench.worker()
    await cancelled(bench, worker, job, None)
    async with asyncio.timeout(30):
        assert await worker.run_once() is None
    assert bench.engine.heard == []


async def test_a_job_that_is_extracted(bench: Workbench) -> None:
    stuck = StuckExtractor()
    extractors: list[MediaExtractor] = [stuck]
    worker = bench.worker(pipeline=replace(bench.pipeline(), extractors=extractors))
    job = await bench.upload()
    async with at_work(worker):
        await until(lambda: stuck.at_work == 1)
        await cancelled(bench, worker, job, Stage.MEDIA_EXTRACTION)
        assert stuck.at_work == 0
        await the_place_is_free(bench, lambda: extractors.__setitem__(0, bench.extractors[0]))


async def test_a_job_that_is_transcribed(bench: Workbench) -> None:
    bench.engine.hold.clear()
    worker = bench.worker()
    job = await bench.upload(20.0)
    async with at_work(worker):
        await until(lambda: bench.engine.at_work == 2)
        await cancelled(bench, worker, job, Stage.TRANSCRIBING)
        assert bench.engine.heard == []
        await the_place_is_free(bench, bench.engine.hold.set)


async def test_a_job_that_is_embedded(bench: Workbench) -> None:
    bench.embedder.hold.clear()
    worker = bench.worker()
    job = await bench.upload()
    async with at_work(worker):
        await until(lambda: bench.embedder.at_work == 1)
        await cancelled(bench, worker, job, Stage.EMBEDDING)
        assert bench.index.kept == {}
        await the_place_is_free(bench, bench.embedder.hold.set)


async def test_a_job_that_waits_for_the_index(bench: Workbench) -> None:
    index = ArrivingIndex("the index")
    worker = bench.worker(pipeline=replace(bench.pipeline(), index=index))
    job = await bench.upload()
    async with at_work(worker):
        await until(lambda: len(bench.embedder.asked) == 1 and bench.embedder.at_work == 0)
        await cancelled(bench, worker, job, Stage.EMBEDDING)
        await the_place_is_free(bench, lambda: index.arrive(bench.index))


async def test_of_two_cancels_at_once_one_is_told_that_there_is_nothing_to_cancel(
    bench: Workbench,
) -> None:
    bench.engine.hold.clear()
    worker = bench.worker()
    job = await bench.upload()
    service = bench.service(worker)
    async with at_work(worker):
        await until(lambda: bench.engine.at_work == 1)
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                *(service.cancel(job.job_id) for _ in range(2)), return_exceptions=True
            )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Job"]
    assert (await bench.now(job)).status is JobStatus.CANCELLED


async def test_a_job_that_has_ended_is_not_cancelled(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    with pytest.raises(Conflict, match="the job has completed"):
        await bench.service().cancel(job.job_id)
    with pytest.raises(NotFound):
        await bench.service().cancel(new_id())


@pytest.mark.parametrize("first", ["success", "cancel"])
async def test_a_job_that_ends_in_the_same_moment_ends_one_way(
    bench: Workbench, first: str
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Racing(SqlJobStore):
        async def succeed(self, job: Job, *, output_path: str | None) -> bool:
            done = first == "success" and await super().succeed(job, output_path=output_path)
            begun.set()
            await go_on.wait()
            return done or await super().succeed(job, output_path=output_path)

    job = await bench.upload()
    worker = bench.worker(store=Racing(bench.store._database))
    running = asyncio.create_task(worker.run_once())
    async with asyncio.timeout(30):
        await begun.wait()
        cancelling = asyncio.create_task(bench.service(worker).cancel(job.job_id))
        await until(lambda: (first == "success" and cancelling.done()) or _is_dropping(worker))
        go_on.set()
        await asyncio.wait({running, cancelling})
    ended = await bench.now(job)
    if first == "success":
        with pytest.raises(Conflict, match="the job has completed"):
            await cancelling
        assert (ended.status, ended.error_code) == (JobStatus.COMPLETED, None)
    else:
        assert (await cancelling).status is JobStatus.CANCELLED
        assert (ended.status, ended.output_path) == (JobStatus.CANCELLED, None)
    assert worker.running() == 0 and bench.pcm_files() == []


def _is_dropping(worker: JobWorker) -> bool:
    return any(walk.task.cancelling() for walk in worker._walks)


async def test_whoever_waits_hears_of_a_cancel(bench: Workbench) -> None:
    job = await bench.upload()
    service = bench.service()
    waiting = asyncio.create_task(service.wait(job.job_id, 60))
    await service.cancel(job.job_id)
    async with asyncio.timeout(30):
        assert (await waiting).status is JobStatus.CANCELLED
