"""The worker: each job to its end, whatever happens on the way."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import EngineCrashed, EngineError, StorageError, Unavailable
from app.domain.jobs import JobOptions, JobStatus, Priority, Stage, result_key
from tests.unit.scripted import Failing, run_to_end, stopped
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def test_a_job_goes_through_all_stages_to_its_result(bench: Workbench) -> None:
    job = await bench.upload(15.0)
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert (done.status, done.stage, done.progress) == (
        JobStatus.COMPLETED,
        Stage.EMBEDDING,
        1.0,
    )
    assert done.duration == 15.0 and done.attempts == 1 and done.error_code is None
    assert list(done.timings) == ["media_extraction", "transcribing", "embedding"]
    assert [attempt.error_code for attempt in done.history] == [None]


async def test_the_result_is_a_file_and_the_decoded_sound_is_gone(bench: Workbench) -> None:
    job = await bench.upload(15.0)
    await run_to_end(bench.worker())
    assert (await bench.now(job)).output_path == result_key(job.job_id)
    document = json.loads(await bench.blobs.load_file(result_key(job.job_id)))
    assert document["transcript"] == "window 0 window 1 window 2"
    assert document["job_id"] == job.job_id
    assert bench.pcm_files() == []


async def test_the_upload_is_kept(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    assert bench.scratch.path(job.input_path).is_file()


async def test_a_job_that_another_took_is_left_alone(bench: Workbench) -> None:
    job = await bench.upload()
    assert await bench.store.claim(job.job_id, "somebody else")
    worker = bench.worker()
    async with asyncio.timeout(30):
        assert await worker.run_once() is None
    assert (await bench.now(job)).boot_id == "somebody else"
    assert bench.engine.heard == []


async def test_a_failed_window_fails_the_attempt_and_the_others_are_kept(bench: Workbench) -> None:
    bench.engine.failures = {1: [EngineCrashed("the worker process died")]}
    job = await bench.upload(15.0)
    worker = bench.worker()
    await run_to_end(worker)
    waiting = await bench.now(job)
    assert (waiting.status, waiting.attempts) == (JobStatus.PENDING, 1)
    assert waiting.error_code == "engine.crashed"
    first = list(bench.engine.heard)
    await run_to_end(worker)
    done = await bench.now(job)
    assert (done.status, done.attempts, done.error_code) == (JobStatus.COMPLETED, 2, None)
    assert sorted(bench.engine.heard) == [0, 1, 2]
    assert 0 in first and 1 not in first
    assert [attempt.error_code for attempt in done.history] == ["engine.crashed", None]
    transcript = await bench.transcripts.load(job.job_id)
    assert transcript is not None and transcript.text == "window 0 window 1 window 2"


async def test_an_embedder_that_fails_costs_a_warning_and_nothing_else(bench: Workbench) -> None:
    bench.embedder.trouble = EngineError("no memory")
    job = await bench.upload()
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert done.status is JobStatus.COMPLETED
    assert [warning.code for warning in done.warnings] == ["embedding.failed"]
    assert "no memory" in done.warnings[0].message
    [(moment, vector)] = bench.index.kept[job.job_id]
    assert (moment.text, vector) == ("window 0", None)
    assert await bench.transcripts.load(job.job_id) is not None


async def test_an_index_that_fails_costs_a_warning_and_nothing_else(bench: Workbench) -> None:
    bench.index.trouble = StorageError("the index is damaged")
    job = await bench.upload()
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert done.status is JobStatus.COMPLETED
    assert [warning.code for warning in done.warnings] == ["index.failed"]
    document = json.loads(await bench.blobs.load_file(result_key(job.job_id)))
    assert document["transcript"] == "window 0"
    assert document["warnings"][0]["code"] == "index.failed"


async def test_jobs_of_a_dead_run_are_queued_again_before_anything_else(bench: Workbench) -> None:
    interrupted, waiting = await bench.upload(), await bench.upload()
    assert await bench.store.claim(interrupted.job_id, "boot-0")
    fresh = Workbench(
        folder=bench.folder,
        store=bench.store,
        journal=bench.journal,
        transcripts=bench.transcripts,
        assets=bench.assets,
        bulk=bench.bulk,
        blobs=bench.blobs,
        scratch=bench.scratch,
    )
    worker = fresh.worker(boot_id="boot-1")
    assert await worker.recover() == 2
    await run_to_end(worker, attempts=2)
    first, second = await bench.now(interrupted), await bench.now(waiting)
    assert (first.status, first.attempts) == (JobStatus.COMPLETED, 2)
    assert (second.status, second.attempts) == (JobStatus.COMPLETED, 1)
    assert first.history[0].error_code == "interrupted"


async def test_a_job_that_could_not_be_claimed_is_tried_again(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, claim=[Unavailable("locked"), StorageError("the disk is full")])
    task = asyncio.create_task(bench.worker(store=store).run())
    await bench.ended(job)
    await stopped(task)
    done = await bench.now(job)
    assert (done.status, done.attempts, store.refused) == (JobStatus.COMPLETED, 1, 2)


async def test_a_job_that_cannot_be_claimed_does_not_keep_the_next_one(bench: Workbench) -> None:
    refused, good = await bench.upload(), await bench.upload()
    store = Failing(bench, claim=[StorageError("the disk is full")])
    task = asyncio.create_task(bench.worker(store=store).run())
    await bench.ended(refused)  # its turn comes after the other's
    await stopped(task)
    for job in (refused, good):
        assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_a_fault_of_ours_in_the_claim_does_not_lose_the_job(bench: Workbench) -> None:
    job = await bench.upload()
    store = Failing(bench, claim=[ZeroDivisionError("a fault of ours")])
    task = asyncio.create_task(bench.worker(store=store).run())
    await bench.ended(job)
    await stopped(task)
    assert (await bench.now(job)).status is JobStatus.COMPLETED


async def test_there_are_as_many_jobs_at_once_as_places(bench: Workbench) -> None:
    bench.engine = type(bench.engine)(concurrency=8)
    bench.engine.hold.clear()
    jobs = [await bench.upload() for _ in range(3)]
    worker = bench.worker(places=2)
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 2)
    assert worker.running() == 2 and bench.queue.size() == 1
    bench.engine.hold.set()
    await bench.ended(jobs[2])
    await stopped(task)
    assert (await bench.now(jobs[2])).status is JobStatus.COMPLETED
    assert bench.engine.most_at_work == 2


async def test_a_job_that_somebody_waits_for_has_a_place_beside_the_others(
    bench: Workbench,
) -> None:
    bench.engine = type(bench.engine)(concurrency=8)
    bench.engine.hold.clear()
    long = [await bench.upload() for _ in range(2)]
    task = asyncio.create_task(bench.worker(places=1).run())
    await until(lambda: bench.engine.at_work == 1)
    urgent = await bench.upload(options=JobOptions(priority=Priority.INTERACTIVE))
    await until(lambda: bench.engine.at_work == 2)
    assert (await bench.now(urgent)).status is JobStatus.RUNNING
    assert (await bench.now(long[1])).status is JobStatus.PENDING
    bench.engine.hold.set()
    for job in (*long, urgent):
        assert (await bench.ended(job)).status is JobStatus.COMPLETED
    await stopped(task)


async def test_whoever_waits_hears_of_the_end_when_it_is_written(bench: Workbench) -> None:
    job = await bench.upload()
    running = asyncio.create_task(bench.worker().run_once())
    await bench.ended(job)
    assert (await bench.now(job)).status.ended
    await running


async def test_two_jobs_of_one_asset_leave_one_set_of_moments(bench: Workbench) -> None:
    options = JobOptions(asset_id="lecture-1")
    await bench.upload(10.0, options=options)
    second = await bench.upload(5.0, options=options)
    await run_to_end(bench.worker(), attempts=2)
    assert list(bench.index.kept) == ["lecture-1"]
    assert len(bench.index.kept["lecture-1"]) == 1
    assert await bench.transcripts.load(second.job_id) is not None
