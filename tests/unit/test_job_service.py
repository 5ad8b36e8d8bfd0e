"""Taking jobs in, and telling of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.fetcher import UrlFetcher
from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    MediaEmpty,
    MediaUnreadable,
    NotFound,
    SpoolError,
    StorageError,
    TooLarge,
)
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind
from app.domain.transcript import Transcript
from app.services.jobs import JobService
from app.services.roots import Roots
from tests.contracts.jobs import claim
from tests.media import silence
from tests.unit.workbench import Workbench, opened, until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


def check_engine(provider: str | None, model: str | None) -> None:
    if model == "wrong":
        raise InvalidRequest("model: 'wrong' is not known")


def a_service(bench: Workbench, store: SqlJobStore | None = None) -> JobService:
    return JobService(
        store=store or bench.store,
        transcripts=bench.transcripts,
        queue=bench.queue,
        blobs=bench.blobs,
        fetcher=UrlFetcher(max_bytes=1000, allowed_networks=("127.0.0.0/8",)),
        roots=Roots([bench.folder / "media"]),
        watch=bench.watch,
        check_engine=check_engine,
        max_file_size=1000,
    )


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(bench: Workbench) -> list[Path]:
    found = [path for path in bench.folder.rglob("*") if path.is_file()]
    return [path for path in found if not path.name.startswith("spool.db")]


async def uploaded(service: JobService, name: str = "talk.MP4", **options: str) -> Job:
    upload = await service.receive(name, chunks(b"some", b"thing"))
    return await service.submit_received(upload, JobOptions().evolve(**options))


async def test_an_upload_is_a_file_a_row_and_a_hint_to_the_worker(bench: Workbench) -> None:
    job = await uploaded(a_service(bench))
    assert (job.status, job.source, job.source_name) == (
        JobStatus.PENDING,
        SourceKind.UPLOAD,
        "talk.MP4",
    )
    assert job.input_path == f"video_jobs/{job.job_id}.mp4"
    assert await bench.blobs.load_file(job.input_path) == b"something"
    assert await bench.queue.dequeue() == {"job_id": job.job_id}
    assert (await bench.now(job)) == job


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("talk.wav", "audio_jobs/{}.wav"),
        ("../../etc/passwd", "audio_jobs/{}.bin"),
        ("x.mp4/../../y.mp4", "video_jobs/{}.mp4"),
        ("C:\\talks\\day.MKV", "video_jobs/{}.mkv"),
        ("-i.mp4", "video_jobs/{}.mp4"),
        ("a.m p4", "audio_jobs/{}.bin"),
        ("a." + "x" * 300, "audio_jobs/{}.bin"),
        ("наука.webm", "video_jobs/{}.webm"),
        (".", "audio_jobs/{}.bin"),
    ],
)
async def test_no_name_leads_a_file_anywhere_else(bench: Workbench, name: str, key: str) -> None:
    job = await uploaded(a_service(bench), name)
    assert job.input_path == key.format(job.job_id)
    assert job.source_name == name[-200:]


async def test_nothing_is_left_of_an_upload_without_bytes(bench: Workbench) -> None:
    with pytest.raises(MediaEmpty):
        await a_service(bench).receive("talk.mp4", chunks(b"", b""))
    assert files(bench) == []


async def test_nothing_is_left_of_an_upload_that_is_too_large(bench: Workbench) -> None:
    with pytest.raises(TooLarge):
        await a_service(bench).receive("talk.mp4", chunks(b"x" * 600, b"x" * 600))
    assert files(bench) == []


async def test_nothing_is_left_of_an_upload_that_breaks_off(bench: Workbench) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await a_service(bench).receive("talk.mp4", broken())
    assert files(bench) == []


@pytest.mark.parametrize("options", [{"language": "Klingon"}, {"model": "wrong"}])
async def test_nothing_is_left_when_an_option_is_wrong(
    bench: Workbench, options: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(options.values()))):
        await uploaded(a_service(bench), **options)
    assert files(bench) == [] and bench.queue.size() == 0
    assert (await bench.store.list()).jobs == ()


async def test_nothing_is_left_when_the_row_cannot_be_written(bench: Workbench) -> None:
    class Full(SqlJobStore):
        async def add(
            self,
            *,
            job_id: str,
            source: SourceKind,
            source_name: str,
            input_path: str,
            options: JobOptions,
        ) -> Job:
            raise StorageError("the disk is full", code="storage.full")

    service = a_service(bench, Full(bench.store._database))
    with pytest.raises(StorageError):
        await uploaded(service)
    assert files(bench) == [] and bench.queue.size() == 0


async def test_a_language_is_kept_as_its_code(bench: Workbench) -> None:
    job = await uploaded(a_service(bench), language=" German ")
    assert job.options.language == "de"


async def test_a_path_is_resolved_and_its_name_kept(bench: Workbench) -> None:
    silence(bench.folder / "media" / "day" / "talk.wav", 0.1)
    job = await a_service(bench).submit_path("day/../day/talk.wav", JobOptions())
    assert job.input_path == str(bench.folder / "media" / "day" / "talk.wav")
    assert (job.source, job.source_name) == (SourceKind.PATH, "day/../day/talk.wav")
    with pytest.raises(Forbidden):
        await a_service(bench).submit_path("../spool.db", JobOptions())


async def test_a_url_is_vetted_when_it_is_named(bench: Workbench) -> None:
    job = await a_service(bench).submit_url("http://127.0.0.1:1/talk.mp4", JobOptions())
    assert (job.source, job.title) == (SourceKind.URL, "talk.mp4")
    with pytest.raises(Forbidden):
        await a_service(bench).submit_url("http://10.0.0.1/talk.mp4", JobOptions())
    with pytest.raises(InvalidRequest):
        await a_service(bench).submit_url("file:///etc/passwd", JobOptions())


async def test_an_unknown_job_is_not_found(bench: Workbench) -> None:
    service = a_service(bench)
    for job_id in ("x", "", "../x", "6f9e0b9c-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound) as caught:
            await service.wait(job_id, 10)
        assert caught.value.code == "job.not_found"


async def test_waiting_ends_with_the_job(bench: Workbench) -> None:
    service, worker = a_service(bench), bench.worker()
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
    service, worker = a_service(bench), bench.worker()
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
        assert (await a_service(bench).wait(job.job_id, seconds)).status is JobStatus.PENDING


async def test_the_transcript_of_a_failed_job_is_a_conflict_with_its_own_code(
    bench: Workbench,
) -> None:
    job = await claim(bench.store, await bench.upload())
    await bench.store.fail(job, MediaUnreadable("moov atom not found"))
    with pytest.raises(Conflict) as caught:
        await a_service(bench).transcript(await bench.now(job))
    assert caught.value.code == "media.unreadable"
    assert "moov atom not found" in caught.value.message


async def test_a_failed_job_has_no_result_even_if_it_had_a_transcript(bench: Workbench) -> None:
    job = await claim(bench.store, await bench.upload())
    nothing = Transcript(
        segments=(), language_detection=None, duration=1.0, provider="p", model="m"
    )
    await bench.transcripts.save(job, nothing)
    await bench.store.fail(job, StorageError("the disk is full", code="storage.full"))
    with pytest.raises(Conflict) as caught:
        await a_service(bench).transcript(await bench.now(job))
    assert caught.value.code == "storage.full"


async def test_a_job_whose_asset_was_taken_in_again_says_so(bench: Workbench) -> None:
    options = JobOptions(asset_id="lecture")
    first = await bench.upload(options=options)
    second = await bench.upload(options=options)
    worker = bench.worker()
    await worker.run_once()
    await worker.run_once()
    service = a_service(bench)
    assert (await service.transcript(await bench.now(second))).text == "window 0"
    with pytest.raises(Conflict, match="later job") as caught:
        await service.transcript(await bench.now(first))
    assert caught.value.code == "job.superseded"


async def test_the_part_so_far_is_in_the_order_of_time(bench: Workbench) -> None:
    bench.engine.failures = {1: [SpoolError("no")]}
    job = await bench.upload(15.0)
    await bench.worker(max_attempts=1).run_once()
    found = await a_service(bench).partial(job.job_id)
    assert [segment.text for segment in found][:1] == ["window 0"]
    assert [segment.start for segment in found] == sorted(segment.start for segment in found)


async def test_a_client_that_hangs_up_as_the_row_is_written_has_a_whole_job(
    bench: Workbench,
) -> None:
    class Interrupted(SqlJobStore):
        async def add(self, **given: Any) -> Job:
            await super().add(**given)
            raise asyncio.CancelledError

    service = a_service(bench, Interrupted(bench.store._database))
    upload = await service.receive("talk.wav", chunks(b"sound"))
    with pytest.raises(asyncio.CancelledError):
        await service.submit_received(upload, JobOptions())
    assert await bench.store.get(upload.job_id)
    assert await bench.blobs.load_file(upload.key) == b"sound"


async def test_the_query_of_a_url_is_kept_out_of_sight(bench: Workbench) -> None:
    job = await a_service(bench).submit_url("http://127.0.0.1/talk.mp4?token=secret", JobOptions())
    assert job.source_name == "http://127.0.0.1/talk.mp4"
    assert job.input_path.endswith("?token=secret")
