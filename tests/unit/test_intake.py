"""Taking jobs in: from bytes, a path or a URL to a committed row."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.beneath import files_beneath
from app.adapters.egress import UrlFetcher
from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import (
    Forbidden,
    InvalidRequest,
    MediaEmpty,
    StorageError,
    StorageFull,
    TooLarge,
)
from app.domain.jobs import AssetStage, Job, JobOptions, JobStatus, SourceKind
from app.domain.quotas import USUAL
from app.services.alike import AlikeJobs
from app.services.intake import Intake
from app.services.overtaking import Overtaking
from app.services.quotas import Quotas
from app.services.roots import Roots
from tests.media import silence
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def check_engine(provider: str | None, model: str | None) -> tuple[str, str]:
    if model == "wrong":
        raise InvalidRequest("model: 'wrong' is not known")
    return provider or "whisper_cpp", model or "base"


def an_intake(
    bench: Workbench, store: SqlJobStore | None = None, noted: list[str] | None = None
) -> Intake:
    return Intake(
        store=store or bench.store,
        queue=bench.queue,
        blobs=bench.blobs,
        fetcher=UrlFetcher(max_bytes=1000, allowed_networks=("127.0.0.0/8",)),
        roots=Roots([bench.folder / "media"], files_beneath()),
        disk=bench.disk,
        committed=([] if noted is None else noted).append,
        check_engine=check_engine,
        alike=AlikeJobs(bench.store, bench.assets, check_engine),
        overtake=Overtaking(bench.store, bench.watch, lambda: None).by,
        quotas=Quotas(bench.store.used, USUAL),
        max_file_size=1000,
        max_duration=3600.0,
    )


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(bench: Workbench) -> list[Path]:
    found = [path for path in bench.folder.rglob("*") if path.is_file()]
    return [path for path in found if not path.name.startswith("spool.db")]


async def uploaded(
    intake: Intake, name: str = "talk.MP4", *, key: str | None = None, **options: str
) -> Job:
    upload = await intake.receive(name, chunks(b"some", b"thing"))
    return await intake.submit_received(upload, JobOptions().evolve(**options), key)


async def test_an_upload_is_a_file_a_row_and_a_hint_to_the_worker(bench: Workbench) -> None:
    job = await uploaded(an_intake(bench))
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
    job = await uploaded(an_intake(bench), name)
    assert job.input_path == key.format(job.job_id)
    assert job.source_name == name[-200:]


async def test_nothing_is_left_of_an_upload_without_bytes(bench: Workbench) -> None:
    with pytest.raises(MediaEmpty):
        await an_intake(bench).receive("talk.mp4", chunks(b"", b""))
    assert files(bench) == []


async def test_nothing_is_left_of_an_upload_that_is_too_large(bench: Workbench) -> None:
    with pytest.raises(TooLarge):
        await an_intake(bench).receive("talk.mp4", chunks(b"x" * 600, b"x" * 600))
    assert files(bench) == []


async def test_nothing_is_left_of_an_upload_that_breaks_off(bench: Workbench) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await an_intake(bench).receive("talk.mp4", broken())
    assert files(bench) == []


@pytest.mark.parametrize("options", [{"language": "Klingon"}, {"model": "wrong"}])
async def test_nothing_is_left_when_an_option_is_wrong(
    bench: Workbench, options: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(options.values()))):
        await uploaded(an_intake(bench), **options)
    assert files(bench) == [] and bench.queue.size() == 0
    assert (await bench.store.list()).jobs == ()


async def test_nothing_is_left_when_the_row_cannot_be_written(bench: Workbench) -> None:
    class Full(SqlJobStore):
        async def add(self, **_: Any) -> Job:
            raise StorageFull("the disk is full")

    intake = an_intake(bench, Full(bench.store._database))
    with pytest.raises(StorageError):
        await uploaded(intake)
    assert files(bench) == [] and bench.queue.size() == 0


async def test_a_language_is_kept_as_its_code(bench: Workbench) -> None:
    job = await uploaded(an_intake(bench), language=" German ")
    assert job.options.language == "de"


async def test_a_path_is_resolved_and_its_name_kept(bench: Workbench) -> None:
    silence(bench.folder / "media" / "day" / "talk.wav", 0.1)
    job = await an_intake(bench).submit_path("day/../day/talk.wav", JobOptions())
    assert job.input_path == str(bench.folder / "media" / "day" / "talk.wav")
    assert (job.source, job.source_name) == (SourceKind.PATH, "day/../day/talk.wav")
    with pytest.raises(Forbidden):
        await an_intake(bench).submit_path("../spool.db", JobOptions())


async def test_a_url_is_vetted_when_it_is_named(bench: Workbench) -> None:
    job = await an_intake(bench).submit_url("http://127.0.0.1:1/talk.mp4", JobOptions())
    assert (job.source, job.title) == (SourceKind.URL, "talk.mp4")
    with pytest.raises(Forbidden):
        await an_intake(bench).submit_url("http://10.0.0.1/talk.mp4", JobOptions())
    with pytest.raises(InvalidRequest):
        await an_intake(bench).submit_url("file:///etc/passwd", JobOptions())


async def test_a_client_that_hangs_up_as_the_row_is_written_has_a_whole_job(
    bench: Workbench,
) -> None:
    class Interrupted(SqlJobStore):
        async def add(self, **given: Any) -> Job:
            await super().add(**given)
            raise asyncio.CancelledError

    intake = an_intake(bench, Interrupted(bench.store._database))
    upload = await intake.receive("talk.wav", chunks(b"sound"))
    with pytest.raises(asyncio.CancelledError):
        await intake.submit_received(upload, JobOptions())
    assert await bench.store.get(upload.job_id)
    assert await bench.blobs.load_file(upload.key) == b"sound"


async def test_the_query_of_a_url_is_kept_out_of_sight(bench: Workbench) -> None:
    job = await an_intake(bench).submit_url("http://127.0.0.1/talk.mp4?token=secret", JobOptions())
    assert job.source_name == "http://127.0.0.1/talk.mp4"
    assert job.input_path.endswith("?token=secret")


async def test_of_a_request_sent_twice_under_its_key_one_job_and_one_file_are_left(
    bench: Workbench,
) -> None:
    noted: list[str] = []
    intake = an_intake(bench, noted=noted)
    first, again = await uploaded(intake, key="k"), await uploaded(intake, key="k")
    assert again.job_id == first.job_id
    assert noted == [first.job_id] and bench.queue.size() == 1
    assert files(bench) == [bench.scratch.path(first.input_path)]


@pytest.mark.parametrize("kind", ["path", "url"])
async def test_a_source_named_twice_under_a_key_is_one_job(bench: Workbench, kind: str) -> None:
    silence(bench.folder / "media" / "talk.wav", 0.1)
    intake = an_intake(bench)
    for language in ("de", "German"):
        options = JobOptions(language=language)
        if kind == "path":
            await intake.submit_path("talk.wav", options, "k")
        else:
            await intake.submit_url("http://127.0.0.1/talk.wav", options, "k")
    assert len((await bench.store.list()).jobs) == bench.queue.size() == 1


async def test_a_path_and_a_url_that_are_spelt_alike_are_not_the_same_request(
    bench: Workbench,
) -> None:
    url = "http://127.0.0.1/talk.wav"
    silence(bench.folder / "media" / url, 0.1)
    intake = an_intake(bench)
    await intake.submit_path(url, JobOptions(), "k")
    with pytest.raises(InvalidRequest) as caught:
        await intake.submit_url(url, JobOptions(), "k")
    assert caught.value.code == "request.key_reused"


@pytest.mark.parametrize("change", ["bytes", "name", "option"])
async def test_another_request_under_the_same_key_is_refused_and_leaves_nothing(
    bench: Workbench, change: str
) -> None:
    intake = an_intake(bench)
    first = await uploaded(intake, key="k")
    name = "other.MP4" if change == "name" else "talk.MP4"
    content = b"other" if change == "bytes" else b"something"
    options = JobOptions(title="other" if change == "option" else None)
    upload = await intake.receive(name, chunks(content))
    with pytest.raises(InvalidRequest) as caught:
        await intake.submit_received(upload, options, "k")
    assert caught.value.code == "request.key_reused"
    assert files(bench) == [bench.scratch.path(first.input_path)] and bench.queue.size() == 1


async def test_the_key_of_a_request_that_failed_is_free(bench: Workbench) -> None:
    intake = an_intake(bench)
    with pytest.raises(InvalidRequest):
        await uploaded(intake, key="k", model="wrong")
    assert (await uploaded(intake, key="k", model="base")).options.model == "base"


@pytest.mark.parametrize("kind", ["upload", "path", "url"])
async def test_a_job_whose_client_hangs_up_as_it_is_committed_is_queued_all_the_same(
    bench: Workbench, kind: str
) -> None:
    silence(bench.folder / "media" / "talk.wav", 0.1)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(SqlJobStore):
        async def add(self, **given: Any) -> Job:
            begun.set()
            await go_on.wait()
            return await super().add(**given)

    intake = an_intake(bench, Slow(bench.store._database))
    if kind == "upload":
        coming = asyncio.create_task(uploaded(intake))
    elif kind == "path":
        coming = asyncio.create_task(intake.submit_path("talk.wav", JobOptions()))
    else:
        coming = asyncio.create_task(intake.submit_url("http://127.0.0.1/x.wav", JobOptions()))
    async with asyncio.timeout(30):
        await begun.wait()
        coming.cancel()
        await asyncio.sleep(0)  # it is told, and waits for the row
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await coming
        [job] = (await bench.store.list()).jobs
        assert await bench.queue.dequeue() == {"job_id": job.job_id}
    assert kind != "upload" or bench.scratch.path(job.input_path).is_file()


@pytest.mark.parametrize("kind", ["upload", "path", "url"])
async def test_a_job_ends_those_on_its_asset_that_were_taken_in_before_and_still_wait(
    bench: Workbench, kind: str
) -> None:
    silence(bench.folder / "media" / "talk.wav", 0.1)
    intake, options = an_intake(bench), JobOptions(asset_id="talk")
    earlier = await uploaded(intake, asset_id="talk")
    others = [await uploaded(intake, asset_id="other"), await uploaded(intake)]
    if kind == "upload":
        later = await uploaded(intake, asset_id="talk")
    elif kind == "path":
        later = await intake.submit_path("talk.wav", options)
    else:
        later = await intake.submit_url("http://127.0.0.1/talk.wav", options)
    ended = await bench.now(earlier)
    assert (ended.status, ended.error_code) == (JobStatus.CANCELLED, "job.superseded")
    for job in (later, *others):
        assert (await bench.now(job)).status is JobStatus.PENDING


async def test_to_look_at_an_asset_again_ends_no_job_on_it(bench: Workbench) -> None:
    intake = an_intake(bench)
    first = await uploaded(intake, asset_id="talk")
    again = JobOptions(asset_id="talk", asset_stage=AssetStage.REFRESH)
    looked = await intake.submit_kept(intake.expect("talk"), again, None)
    assert looked is not None
    assert (await bench.now(first)).status is JobStatus.PENDING
    await uploaded(intake, asset_id="talk")
    assert (await bench.now(looked)).status is JobStatus.PENDING
    assert (await bench.now(first)).status is JobStatus.CANCELLED


async def test_of_jobs_taken_in_at_the_same_time_on_one_asset_one_is_left(
    bench: Workbench,
) -> None:
    intake = an_intake(bench)
    await asyncio.gather(*(uploaded(intake, f"{each}.wav", asset_id="talk") for each in range(5)))
    newest = (await bench.store.newest(["talk"]))["talk"]
    left = await bench.store.list(status=JobStatus.PENDING)
    assert [job.job_id for job in left.jobs] == [newest.job_id]


async def test_a_job_is_ended_by_a_later_one_that_was_committed_before_it(
    bench: Workbench,
) -> None:
    """On PostgreSQL times and commits may cross; the later one saw nothing to end."""
    options = JobOptions(asset_id="talk")
    earlier, later = await bench.upload(options=options), await bench.upload(options=options)
    await Overtaking(bench.store, bench.watch, lambda: None).by(earlier)
    ended = await bench.now(earlier)
    assert (ended.status, ended.error_code) == (JobStatus.CANCELLED, "job.superseded")
    assert (await bench.now(later)).status is JobStatus.PENDING


async def test_a_job_is_taken_in_also_when_no_earlier_one_can_be_ended(bench: Workbench) -> None:
    class Failing(SqlJobStore):
        async def overtaken(self, asset_id: str | None = None) -> list[str]:
            raise StorageError("the disk")

    store = Failing(bench.store._database)
    overtaking = Overtaking(store, bench.watch, lambda: None)
    job = await bench.upload(options=JobOptions(asset_id="talk"))
    await overtaking.by(job)
    assert (await bench.now(job)).status is JobStatus.PENDING
