"""Telling of jobs: waiting for them, their results, the part so far."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import (
    Conflict,
    MediaUnreadable,
    NotFound,
    SpoolError,
    StorageError,
    StorageFull,
)
from app.domain.jobs import JobOptions, JobStatus
from app.domain.transcript import Transcript
from tests.contracts.jobs import claim
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def test_an_unknown_job_is_not_found(bench: Workbench) -> None:
    service = bench.service()
    for job_id in ("x", "", "../x", "6f9e0b9c-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound) as caught:
            await service.wait(job_id, 10)
        assert caught.value.code == "job.not_found"


async def test_waiting_ends_with_the_job(bench: Workbench) -> None:
    service, worker = bench.service(), bench.worker()
    bench.engine.hold.clear()
    job = await bench.upload()
    running = asyncio.create_task(worker.run_once())
    waiting = asyncio.create_task(service.wait(job.job_id, 60))
    async with asyncio.timeout(30):
        await until(lambda: bench.engine.at_work == 1)
        assert not waiting.done()
        bench.engine.hold.set()
        assert (await waiting).status is JobStatus.COMPLETED
        await running


async def test_waiting_for_a_job_that_is_tried_again_goes_on(bench: Workbench) -> None:
    service, worker = bench.service(), bench.worker()
    bench.engine.failures = {0: [StorageError("once")]}
    job = await bench.upload()
    waiting = asyncio.create_task(service.wait(job.job_id, 60))
    async with asyncio.timeout(30):
        await worker.run_once()
        await worker.run_once()
        assert (await waiting).attempts == 2


async def test_waiting_ends_at_its_time_with_the_job_as_it_is(bench: Workbench) -> None:
    job = await bench.upload()
    for seconds in (0.0, 0.01):
        assert (await bench.service().wait(job.job_id, seconds)).status is JobStatus.PENDING


async def test_the_transcript_of_a_failed_job_is_a_conflict_with_its_own_code(
    bench: Workbench,
) -> None:
    job = await claim(bench.store, await bench.upload())
    await bench.store.fail(job, MediaUnreadable("moov atom not found"))
    with pytest.raises(Conflict) as caught:
        await bench.service().transcript(await bench.now(job))
    assert caught.value.code == "media.unreadable"
    assert "moov atom not found" in caught.value.message


async def test_a_saved_transcript_stands_when_what_came_after_it_failed(bench: Workbench) -> None:
    job = await claim(bench.store, await bench.upload())
    nothing = Transcript(
        segments=(), language_detection=None, duration=1.0, provider="p", model="m"
    )
    await bench.transcripts.save(job, nothing)
    await bench.store.fail(job, StorageFull("the disk is full"))
    assert await bench.service().transcript(await bench.now(job)) == nothing


async def test_a_job_whose_asset_was_taken_in_again_says_so(bench: Workbench) -> None:
    options = JobOptions(asset_id="lecture")
    first = await bench.upload(options=options)
    second = await bench.upload(options=options)
    worker = bench.worker()
    await worker.run_once()
    await worker.run_once()
    service = bench.service()
    assert (await service.transcript(await bench.now(second))).text == "window 0"
    with pytest.raises(Conflict, match="later job") as caught:
        await service.transcript(await bench.now(first))
    assert caught.value.code == "job.superseded"


async def test_the_part_so_far_is_in_the_order_of_time(bench: Workbench) -> None:
    bench.engine.failures = {1: [SpoolError("no")]}
    job = await bench.upload(15.0)
    await bench.worker().run_once()
    found = await bench.service().partial(job.job_id)
    assert [segment.text for segment in found][:1] == ["window 0"]
    assert [segment.start for segment in found] == sorted(segment.start for segment in found)
