"""What a job tells the database on its way."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import StorageError
from app.domain.jobs import Job, JobWarning, Stage
from app.pipeline.report import ClaimLost, JobReport
from tests.contracts.jobs import BOOT, claim
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
async def job(bench: Workbench) -> Job:
    return await claim(bench.store, await bench.upload(1.0))


async def until_progress(bench: Workbench, job: Job, progress: float) -> None:
    async with asyncio.timeout(30):
        while (await bench.now(job)).progress != progress:
            pass


async def test_stages_durations_and_warnings_are_written_at_once(
    bench: Workbench, job: Job
) -> None:
    report = JobReport(bench.store, job)
    await report.enter(Stage.TRANSCRIBING)
    await report.duration(12.5)
    await report.warn("media.truncated", "cut off")
    now = await bench.now(job)
    assert (now.stage, now.duration) == (Stage.TRANSCRIBING, 12.5)
    assert now.warnings == (JobWarning(code="media.truncated", message="cut off"),)
    await report.aclose()


async def test_progress_is_written_a_little_later(bench: Workbench, job: Job) -> None:
    report = JobReport(bench.store, job)
    report.progress(0.25)
    await until_progress(bench, job, 0.25)
    await report.aclose()


async def test_progress_may_be_told_from_any_thread(bench: Workbench, job: Job) -> None:
    report = JobReport(bench.store, job)
    thread = threading.Thread(target=report.progress, args=(0.5,))
    thread.start()
    thread.join()
    await until_progress(bench, job, 0.5)
    await report.aclose()


async def test_progress_never_goes_back_and_never_over_the_whole(
    bench: Workbench, job: Job
) -> None:
    report = JobReport(bench.store, job)
    report.progress(0.5)
    report.progress(0.25)
    await until_progress(bench, job, 0.5)
    await report.aclose()
    late = JobReport(bench.store, await bench.now(job))
    late.progress(7.0)
    await until_progress(bench, job, 1.0)
    await late.aclose()


async def test_many_steps_are_few_writes(bench: Workbench, job: Job) -> None:
    class Counted(SqlJobStore):
        writes = 0

        async def note_progress(self, job: Job, progress: float) -> bool:
            self.writes += 1
            return await super().note_progress(job, progress)

    store = Counted(bench.store._database)
    report = JobReport(store, job)
    for step in range(1000):
        report.progress(step / 1000)
    await until_progress(bench, job, 0.999)
    await report.aclose()
    assert store.writes == 1


async def test_after_closing_nothing_is_written(bench: Workbench, job: Job) -> None:
    report = JobReport(bench.store, job)
    await report.aclose()
    await report.aclose()
    report.progress(0.5)
    for _ in range(5):
        await asyncio.sleep(0)
    assert (await bench.now(job)).progress == 0.0
    assert len(asyncio.all_tasks()) == 1


async def test_progress_that_cannot_be_written_does_not_matter(bench: Workbench, job: Job) -> None:
    class Full(SqlJobStore):
        refused = 0

        async def note_progress(self, job: Job, progress: float) -> bool:
            self.refused += 1
            raise StorageError("the disk is full")

    store = Full(bench.store._database)
    report = JobReport(store, job)
    report.progress(0.5)
    await until(lambda: store.refused > 0)
    await report.enter(Stage.TRANSCRIBING)
    await report.aclose()


async def test_progress_that_is_refused_tells_that_the_claim_is_lost(
    bench: Workbench, job: Job
) -> None:
    """A job that was taken from us used to be worked on to the end of its stage, for hours."""
    lost = asyncio.Event()
    report = JobReport(bench.store, job, lost=lost.set)
    await bench.store.cancel(job.job_id)
    report.progress(0.5)
    async with asyncio.timeout(30):
        await lost.wait()
    await report.aclose()


async def test_progress_says_nothing_once_the_verdict_comes(bench: Workbench, job: Job) -> None:
    lost = asyncio.Event()
    report = JobReport(bench.store, job, lost=lost.set)
    report.hush()
    await bench.store.cancel(job.job_id)
    report.progress(0.5)
    for _ in range(5):
        await asyncio.sleep(0)
    assert report.hushed and not lost.is_set()
    await report.aclose()


async def test_a_report_of_a_lost_claim_is_refused(bench: Workbench, job: Job) -> None:
    report = JobReport(bench.store, job)
    await bench.store.sweep("boot-2")
    await claim(bench.store, job, "boot-2")
    with pytest.raises(ClaimLost):
        await report.enter(Stage.TRANSCRIBING)
    with pytest.raises(ClaimLost):
        await report.duration(1.0)
    with pytest.raises(ClaimLost):
        await report.warn("x", "y")
    now = await bench.now(job)
    assert BOOT != now.boot_id == "boot-2" and now.stage is None and now.warnings == ()
    await report.aclose()


@pytest.fixture
def stages() -> Iterator[list[object]]:
    """The stage bound to each line that is logged."""
    seen: list[object] = []
    sink = logger.add(lambda message: seen.append(message.record["extra"].get("stage")))
    yield seen
    logger.remove(sink)


async def test_all_lines_of_a_stage_name_it_until_the_next_one_or_the_end(
    bench: Workbench, job: Job, stages: list[object]
) -> None:
    report = JobReport(bench.store, job)
    logger.info("before")
    await report.enter(Stage.MEDIA_EXTRACTION)
    logger.info("within")
    await report.warn("media.truncated", "cut off")
    await report.enter(Stage.TRANSCRIBING)
    await asyncio.create_task(_say("in a task of the stage"))
    await report.aclose()
    await report.aclose()
    logger.info("after")
    first, second = Stage.MEDIA_EXTRACTION.value, Stage.TRANSCRIBING.value
    assert stages == [None, first, first, first, second, second, None]


async def test_a_stage_that_could_not_be_entered_is_not_named(
    bench: Workbench, job: Job, stages: list[object]
) -> None:
    report = JobReport(bench.store, job)
    await report.enter(Stage.MEDIA_EXTRACTION)
    await bench.store.sweep("boot-2")
    with pytest.raises(ClaimLost):
        await report.enter(Stage.TRANSCRIBING)
    logger.info("still in the first")
    await report.aclose()
    assert stages == [Stage.MEDIA_EXTRACTION.value] * 2


async def test_a_report_that_is_closed_by_another_task_does_no_harm(
    bench: Workbench, job: Job
) -> None:
    report = JobReport(bench.store, job)
    await asyncio.create_task(report.enter(Stage.MEDIA_EXTRACTION))
    await report.enter(Stage.TRANSCRIBING)
    await asyncio.create_task(report.aclose())
    assert (await bench.now(job)).stage is Stage.TRANSCRIBING


async def _say(text: str) -> None:
    logger.info(text)
