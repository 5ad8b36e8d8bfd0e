"""Retry, dead letters, delete: another round without doing twice what is done, or none at all."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import Conflict, EngineError, NotFound, StorageError
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind
from app.domain.retention import Expiry
from app.services import jobs as jobs_module
from app.services.jobs import JobService
from tests.contracts.jobs import claim, new_id
from tests.media import silence
from tests.unit.scripted import run_to_end
from tests.unit.workbench import Workbench, opened, until

UNKNOWN = "6f9e0b9c-0000-4000-8000-000000000000"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def failed(bench: Workbench, seconds: float = 5.0, window: int = 0) -> Job:
    """A dead letter, whose last window could not be heard."""
    job = await bench.upload(seconds)
    bench.engine.failures = {window: [EngineError("no") for _ in range(5)]}
    await run_to_end(bench.worker(), attempts=5)
    assert (await bench.now(job)).dead_letter
    return job


async def with_a_late_warning(bench: Workbench, part: str, **options: Any) -> Job:
    troubled = bench.embedder if part == "embedder" else bench.index
    troubled.trouble = StorageError("torn")
    job = await bench.upload(10.0, options=JobOptions(**options))
    await run_to_end(bench.worker())
    troubled.trouble = None
    assert len((await bench.now(job)).warnings) == 1
    return job


# retry


async def test_after_a_failure_in_the_middle_only_what_is_missing_is_computed(
    bench: Workbench,
) -> None:
    job = await failed(bench, 25.0, window=2)
    assert 0 in bench.engine.heard and 2 not in bench.engine.heard
    before = list(bench.engine.heard)
    again = await bench.service().retry(job.job_id)
    assert (again.status, again.errors, again.dead_letter) == (JobStatus.PENDING, 0, False)
    await run_to_end(bench.worker())
    assert sorted(bench.engine.heard) == [0, 1, 2, 3, 4]
    assert bench.engine.heard[: len(before)] == before
    transcript = await bench.transcripts.load(job.job_id)
    unbroken = await bench.upload(25.0)
    await run_to_end(bench.worker())
    assert transcript == await bench.transcripts.load(unbroken.job_id)


async def test_a_cancelled_job_goes_on_where_it_was(bench: Workbench) -> None:
    job = await bench.upload()
    await bench.service().cancel(job.job_id)
    await bench.service().retry(job.job_id)
    await run_to_end(bench.worker())
    assert (await bench.now(job)).status is JobStatus.COMPLETED


@pytest.mark.parametrize("part", ["embedder", "index"])
async def test_of_a_job_that_completed_with_a_late_warning_that_stage_alone_runs_again(
    bench: Workbench, part: str
) -> None:
    job = await with_a_late_warning(bench, part)
    heard = list(bench.engine.heard)
    bench.scratch.path(job.input_path).unlink()  # it is not needed any more
    service = bench.service()
    pending = await service.retry(job.job_id)
    assert (pending.status, pending.warnings) == (JobStatus.PENDING, ())
    assert (await service.transcript(pending)).text == "window 0 window 1"
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert (done.status, done.warnings) == (JobStatus.COMPLETED, ())
    assert bench.engine.heard == heard
    assert [vector for _, vector in bench.index.kept[job.job_id]] == [[1.0], [1.0]]


async def test_a_late_stage_that_fails_again_warns_again(bench: Workbench) -> None:
    job = await with_a_late_warning(bench, "embedder")
    await bench.service().retry(job.job_id)
    bench.embedder.trouble = EngineError("still torn")
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert done.status is JobStatus.COMPLETED
    assert ["still torn" in warning.message for warning in done.warnings] == [True]


async def test_there_is_nothing_to_retry_in_a_job_that_went_well(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    with pytest.raises(Conflict, match="nothing in it failed"):
        await bench.service().retry(job.job_id)


async def test_a_job_on_its_way_is_not_retried(bench: Workbench) -> None:
    job = await bench.upload()
    with pytest.raises(Conflict, match="pending"):
        await bench.service().retry(job.job_id)
    await claim(bench.store, job)
    with pytest.raises(Conflict, match="running"):
        await bench.service().retry(job.job_id)


async def test_a_retry_does_not_bring_back_what_a_later_job_replaced(bench: Workbench) -> None:
    first = await with_a_late_warning(bench, "index", asset_id="lecture")
    second = await bench.upload(options=JobOptions(asset_id="lecture"))
    await run_to_end(bench.worker())
    with pytest.raises(Conflict) as caught:
        await bench.service().retry(first.job_id)
    assert caught.value.code == "job.superseded"
    assert await bench.transcripts.load(second.job_id) is not None
    assert (await bench.now(first)).status is JobStatus.COMPLETED


@pytest.mark.parametrize("verb", ["retry", "replay"])
async def test_a_job_that_failed_does_not_come_back_over_what_a_later_one_found(
    bench: Workbench, verb: str
) -> None:
    first = await bench.upload(options=JobOptions(asset_id="lecture"))
    await bench.store.fail(await claim(bench.store, first), StorageError("why"), dead_letter=True)
    second = await bench.upload(options=JobOptions(asset_id="lecture"))
    with pytest.raises(Conflict) as caught:
        await getattr(bench.service(), verb)(first.job_id)
    assert caught.value.code == "job.superseded"
    assert list(await bench.service().replay_all()) == []
    await bench.store.cancel(second.job_id)
    assert list(await bench.service().replay_all()) == [first.job_id]


async def two_dead_letters(bench: Workbench) -> tuple[Job, Job]:
    """On one asset; the later one is the second."""
    dead = []
    for _ in range(2):
        job = await claim(bench.store, await bench.upload(options=JobOptions(asset_id="lecture")))
        await bench.store.fail(job, StorageError("why"), dead_letter=True)
        dead.append(job)
    return dead[0], dead[1]


async def superseded(bench: Workbench, job: Job) -> bool:
    ended = await bench.now(job)
    return (ended.status, ended.error_code) == (JobStatus.CANCELLED, "job.superseded")


async def test_of_two_dead_letters_on_one_asset_the_earlier_does_not_come_over_the_later(
    bench: Workbench,
) -> None:
    earlier, later = await two_dead_letters(bench)
    assert list(await bench.service().replay_all()) == [later.job_id]
    assert (await bench.now(earlier)).status is JobStatus.FAILED
    with pytest.raises(Conflict):
        await bench.service().retry(earlier.job_id)


async def test_a_job_that_is_sent_again_ends_an_earlier_one_on_its_asset(bench: Workbench) -> None:
    earlier, later = await two_dead_letters(bench)
    await bench.service().retry(earlier.job_id)
    await bench.service().retry(later.job_id)
    assert await superseded(bench, earlier)
    assert (await bench.now(later)).status is JobStatus.PENDING


async def test_a_job_that_is_sent_again_is_ended_by_one_that_came_in_between(
    bench: Workbench,
) -> None:
    """Also where it gave the asset its name."""
    first = await bench.upload()
    await bench.store.cancel(first.job_id)

    class Raced(SqlJobStore):
        async def reopen(self, job: Job) -> bool:
            await bench.upload(options=JobOptions(asset_id=first.asset_id))
            return await super().reopen(job)

    await bench.service(store=Raced(bench.store._database)).retry(first.job_id)
    assert await superseded(bench, first)


# dead letters


async def test_a_dead_letter_is_replayed_with_fresh_budgets(bench: Workbench) -> None:
    job = await failed(bench)
    again = await bench.service().replay(job.job_id)
    assert (again.status, again.errors, again.attempts) == (JobStatus.PENDING, 0, 5)
    bench.engine.failures = {0: [EngineError("no") for _ in range(4)]}
    await run_to_end(bench.worker(), attempts=5)
    done = await bench.now(job)
    assert (done.status, len(done.history)) == (JobStatus.COMPLETED, 10)


async def test_only_dead_letters_are_replayed(bench: Workbench) -> None:
    broken = await bench.upload_bytes(b"no sound")
    await run_to_end(bench.worker())
    for job_id in (broken.job_id, (await bench.upload()).job_id):
        with pytest.raises(NotFound) as caught:
            await bench.service().replay(job_id)
        assert caught.value.code == "job.no_dead_letter"
    with pytest.raises(NotFound) as caught:
        await bench.service().replay(UNKNOWN)
    assert caught.value.code == "job.not_found"


async def test_all_dead_letters_are_replayed_over_all_pages(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "PAGE", 2)
    dead = []
    for _ in range(5):
        job = await claim(bench.store, await bench.upload(0.1))
        await bench.store.fail(job, EngineError("no"), dead_letter=True)
        dead.append(job.job_id)
        await bench.queue.dequeue()
    other = await claim(bench.store, await bench.upload(0.1))
    await bench.store.fail(other, EngineError("for good"))
    await bench.queue.dequeue()
    service = bench.service()
    assert list(await service.replay_all()) == dead[::-1]
    assert await bench.store.dead_letters() == 0 and bench.queue.size() == 5
    assert (await bench.now(other)).status is JobStatus.FAILED
    assert list(await service.replay_all()) == []


# delete


async def nothing_is_left(bench: Workbench, job: Job) -> None:
    assert await bench.store.get(job.job_id) is None
    assert await bench.transcripts.load(job.job_id) is None
    assert list(await bench.transcripts.partial(job.job_id)) == []
    left = [p for p in bench.folder.rglob("*") if p.is_file() and not p.name.startswith("spool.")]
    assert left == []
    assert bench.index.kept == {}


async def test_of_a_deleted_job_nothing_is_left(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    assert bench.index.kept.keys() == {job.job_id}
    forgotten: list[str] = []
    await bench.service(forget=forgotten.append).delete(job.job_id)
    assert forgotten == [job.job_id]
    await nothing_is_left(bench, job)
    with pytest.raises(NotFound):
        await bench.service().delete(job.job_id)


@pytest.mark.parametrize("part", ["engine", "embedder"])
async def test_a_job_under_way_is_stopped_and_deleted(bench: Workbench, part: str) -> None:
    held = bench.engine if part == "engine" else bench.embedder
    held.hold.clear()
    job = await bench.upload(10.0)
    worker = bench.worker()
    running = asyncio.create_task(worker.run_once())
    await until(lambda: held.at_work > 0)
    async with asyncio.timeout(30):
        await bench.service(worker).delete(job.job_id)
        await running
    assert held.at_work == 0 and worker.running() == 0
    await nothing_is_left(bench, job)


async def test_jobs_that_go_together_are_gone_when_their_cancelled_walks_have_ended(
    bench: Workbench,
) -> None:
    bench.engine.hold.clear()
    job = await bench.upload(10.0)
    worker = bench.worker()
    running = asyncio.create_task(worker.run_once())
    await until(lambda: bench.engine.at_work > 0)
    await bench.store.cancel(job.job_id)  # and its walk goes on to the next look at the store
    async with asyncio.timeout(30):
        await bench.service(worker).delete_all([job.job_id])
        assert bench.engine.at_work == 0
        await running
    await nothing_is_left(bench, job)


async def test_a_file_of_the_machine_is_never_deleted(bench: Workbench) -> None:
    path = silence(bench.folder.parent / "own.wav", 5.0)
    job = await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name="own.wav",
        input_path=str(path),
        options=JobOptions(),
    )
    await bench.queue.enqueue({"job_id": job.job_id})
    await run_to_end(bench.worker())
    await bench.service().delete(job.job_id)
    await nothing_is_left(bench, job)
    assert path.is_file()


async def test_an_asset_that_a_later_job_took_over_stays_searchable(bench: Workbench) -> None:
    options = JobOptions(asset_id="lecture")
    first, second = await bench.upload(options=options), await bench.upload(options=options)
    await run_to_end(bench.worker(), attempts=2)
    await bench.service().delete(first.job_id)
    assert bench.index.kept.keys() == {"lecture"}
    await bench.service().delete(second.job_id)
    await nothing_is_left(bench, second)


async def test_an_index_that_fails_does_not_keep_a_job_from_being_deleted(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    bench.index.trouble = StorageError("torn")
    await bench.service().delete(job.job_id)
    assert await bench.store.get(job.job_id) is None


async def test_a_job_that_is_sent_on_its_way_while_it_is_deleted_keeps_its_files(
    bench: Workbench,
) -> None:
    job = await bench.upload()
    await bench.service().cancel(job.job_id)

    class Raced(SqlJobStore):
        async def delete(self, job_id: str, *, expiry: Expiry | None = None) -> bool:
            await self.reopen(await bench.now(job))
            await claim(self, job)
            return await super().delete(job_id, expiry=expiry)

    with pytest.raises(Conflict):
        await bench.service(store=Raced(bench.store._database)).delete(job.job_id)
    assert (await bench.now(job)).status is JobStatus.RUNNING
    assert bench.scratch.path(job.input_path).is_file()


async def test_of_two_deletes_at_once_none_fails_for_the_other(bench: Workbench) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker())
    service: JobService = bench.service()
    answers = await asyncio.gather(
        *(service.delete(job.job_id) for _ in range(2)), return_exceptions=True
    )
    assert all(answer is None or isinstance(answer, NotFound) for answer in answers)
    await nothing_is_left(bench, job)


@pytest.mark.parametrize("together", [False, True])
async def test_others_are_told_of_a_job_that_is_gone(bench: Workbench, together: bool) -> None:
    """Their files remember it as the last that they took in."""
    job, told = await bench.upload(), list[str]()
    bench.watch.gone_abroad = told.append
    service = bench.service()
    await (service.delete_all([job.job_id]) if together else service.delete(job.job_id))
    assert told == [job.job_id]


async def test_whoever_works_on_a_job_elsewhere_is_told_before_the_rest_of_it_is_deleted(
    bench: Workbench,
) -> None:
    job, told = await bench.upload(), list[str]()
    bench.watch.abroad, bench.watch.gone_abroad = told.append, lambda _: told.append("gone")
    await bench.service().delete(job.job_id)
    assert told == [job.job_id, "gone"]
