"""A video on its way along the line: its key-frames become assets by jobs of their own."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.domain.assets import AssetChanges
from app.domain.errors import Conflict, MediaUnreadable, StorageError, StorageFull, Unavailable
from app.domain.jobs import Job, JobOptions, JobStatus, Priority, SourceKind, Stage, frames_key
from app.domain.keyframes import emitted, frame_job_id
from app.domain.media_types import MediaType, frame_id
from app.pipeline import keyframes
from app.pipeline.report import ClaimLost
from app.services import frame_jobs, indexer
from tests import caged
from tests.contracts.jobs import claim, new_id
from tests.media import make_video, silence
from tests.unit.scripted import run_to_end, stopped
from tests.unit.workbench import Workbench, opened, until

TALK = JobOptions(asset_id="talk", title="Talk", labels=("physics",))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        bench.album.times = (0.0, 12.5)
        yield bench


async def a_video(bench: Workbench, options: JobOptions = TALK) -> Job:
    """Its sound is a WAV, whatever it is called: nobody looks at its pictures here."""
    sound = silence(bench.folder / "sound.wav", 5.0)
    return await bench.upload_bytes(sound.read_bytes(), name="talk.mp4", options=options)


async def a_mute_video(bench: Workbench, options: JobOptions = TALK) -> Job:
    bench.extractors = (caged.ffmpeg(60.0),)
    path = make_video(bench.folder / "mute.mp4", None)
    return await bench.upload_bytes(path.read_bytes(), name="mute.mp4", options=options)


async def all_done(bench: Workbench) -> None:
    while bench.queue.size():
        await run_to_end(bench.worker())


async def frames_of(bench: Workbench, asset_id: str = "talk") -> list[Job]:
    found = [await bench.store.get(each) for each in await bench.store.of_frames(asset_id)]
    return sorted((job for job in found if job), key=lambda job: job.options.at or 0.0)


def pictures(bench: Workbench) -> list[str]:
    """Files of them."""
    folder = bench.folder / "image_jobs"
    return os.listdir(folder) if folder.is_dir() else []


def codes(job: Job) -> list[str]:
    return [warning.code for warning in job.warnings]


# ---- what a video gives rise to


async def test_each_key_frame_is_a_job_on_the_same_queue(bench: Workbench) -> None:
    video = await a_video(bench)
    await run_to_end(bench.worker())
    assert (await bench.now(video)).status is JobStatus.COMPLETED
    assert bench.queue.size() == 2
    first, second = await frames_of(bench)
    assert (first.asset_id, second.asset_id) == ("talk#t=0", "talk#t=12.5")
    assert second.job_id == frame_job_id(video.job_id, 12.5)
    options = second.options
    assert (options.media_type, options.parent_id, options.at) == (
        MediaType.KEYFRAME,
        "talk",
        12.5,
    )
    assert (options.title, options.labels, options.priority) == (
        "Talk",
        ("physics",),
        Priority.BATCH,
    )
    assert options.webhook_url is None
    assert second.input_path == f"image_jobs/{second.job_id}.jpg"
    assert await bench.blobs.load_file(second.input_path) == b"picture at 12.5"


async def test_key_frames_are_assets_that_are_found(bench: Workbench) -> None:
    await a_video(bench)
    await all_done(bench)
    asset = await bench.assets.get("talk#t=12.5")
    assert asset is not None and asset.picture is not None
    assert (asset.parent_id, asset.at) == ("talk", 12.5)
    assert {"talk", "talk#t=0", "talk#t=12.5"} == set(bench.index.kept)
    assert await bench.transcripts.load(asset.job_id) is None


async def test_all_of_them_are_listed_and_nothing_else_is_left(bench: Workbench) -> None:
    video = await a_video(bench)
    await run_to_end(bench.worker())
    listed = json.loads(await bench.blobs.load_file(frames_key(video.job_id)))
    assert listed["asset_id"] == "talk" and listed["seconds"] == 60.0
    assert listed["frames"] == [
        {"at": 0.0, "asset_id": "talk#t=0", "job_id": frame_job_id(video.job_id, 0.0)},
        {"at": 12.5, "asset_id": "talk#t=12.5", "job_id": frame_job_id(video.job_id, 12.5)},
    ]
    assert bench.pcm_files() == []


async def test_they_are_found_while_the_sound_is_heard(bench: Workbench) -> None:
    bench.album.hold.clear()
    video = await a_video(bench)
    task = asyncio.create_task(bench.worker().run())
    await until(lambda: bench.album.at_work == 1 and bool(bench.engine.heard))
    bench.album.hold.set()
    assert (await bench.ended(video)).status is JobStatus.COMPLETED
    await stopped(task)


async def test_sound_has_none_and_a_video_without_the_wish_neither(bench: Workbench) -> None:
    await bench.upload(5.0, name="talk.wav", options=TALK.evolve(asset_id="sound"))
    await a_video(bench, TALK.evolve(keyframes=False))
    await all_done(bench)
    assert bench.album.taken == 0
    assert await frames_of(bench) == []


async def test_what_its_video_is_told_is_found_with_a_key_frame(bench: Workbench) -> None:
    await a_video(bench)
    await all_done(bench)
    await bench.assets.edit("talk", AssetChanges(title="Lecture", labels=("x",), link="/talk"))
    await indexer.Indexer(bench.books, bench.embedder, bench.index, bench.watch).level("talk")
    for name in ("talk", "talk#t=0", "talk#t=12.5"):
        [moment, *_] = [moment for moment, _ in bench.index.kept[name]]
        assert (moment.title, moment.labels, moment.link) == ("Lecture", ("x",), "/talk")
    assert await bench.assets.behind(bench.index.generation) == 0


async def test_key_frames_that_cannot_be_indexed_are_tried_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "PAGE", 1)
    await a_video(bench)
    await all_done(bench)
    await bench.assets.edit("talk", AssetChanges(title="Lecture"))
    bench.index.trouble = StorageError("torn")
    asked = len(bench.embedder.asked)
    await indexer.Indexer(bench.books, bench.embedder, bench.index, bench.watch).level("talk")
    assert await bench.assets.behind(bench.index.generation) == 3
    assert len(bench.embedder.asked) - asked <= 3


# ---- without sound


async def test_a_video_without_sound_is_completed_with_its_frames(bench: Workbench) -> None:
    video = await a_mute_video(bench)
    await all_done(bench)
    job = await bench.now(video)
    assert (job.status, job.stage, codes(job)) == (
        JobStatus.COMPLETED,
        Stage.EMBEDDING,
        ["media.no_audio"],
    )
    assert job.duration == 60.0
    asset = await bench.assets.get("talk")
    assert asset is not None and asset.media_type is MediaType.VIDEO
    assert [moment.text for moment, _ in bench.index.kept["talk"]] == ["Talk"]
    assert len(await frames_of(bench)) == 2
    assert (await bench.service().transcript(job)).text == ""
    assert json.loads(await bench.blobs.load_file(job.output_path or ""))["transcript"] == ""


async def test_without_sound_nor_pictures_there_is_nothing_in_it(bench: Workbench) -> None:
    bench.album.times = ()
    video = await a_mute_video(bench)
    await run_to_end(bench.worker())
    job = await bench.now(video)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "media.no_audio")


async def test_without_sound_and_the_wish_for_frames_it_is_completed(bench: Workbench) -> None:
    video = await a_mute_video(bench, TALK.evolve(keyframes=False))
    await all_done(bench)
    job = await bench.now(video)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, ["media.no_audio"])


# ---- troubles


async def test_pictures_that_cannot_be_read_cost_nothing_else_and_can_be_had_again(
    bench: Workbench,
) -> None:
    bench.album.trouble = MediaUnreadable("no picture that can be read")
    video = await a_video(bench)
    await run_to_end(bench.worker())
    job = await bench.now(video)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, ["keyframes.failed"])
    bench.album.trouble = None
    await bench.service().retry(video.job_id)
    await all_done(bench)
    assert codes(await bench.now(video)) == []
    assert len(await frames_of(bench)) == 2 and bench.engine.heard == [0]


async def test_a_retry_for_frames_whose_source_is_gone_leaves_what_was_heard(
    bench: Workbench,
) -> None:
    bench.album.trouble = MediaUnreadable("no picture that can be read")
    video = await a_video(bench)
    await run_to_end(bench.worker())
    bench.scratch.path(video.input_path).unlink()
    bench.album.trouble = None
    await bench.service().retry(video.job_id)
    await run_to_end(bench.worker())
    job = await bench.now(video)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, ["keyframes.failed"])
    assert bench.engine.heard == [0] and "talk" in bench.index.kept
    assert (await bench.service().transcript(job)).text


async def test_that_a_video_was_not_seen_to_its_end_is_a_warning(bench: Workbench) -> None:
    bench.album.until = 42.4
    video = await a_video(bench)
    await run_to_end(bench.worker())
    [warning] = (await bench.now(video)).warnings
    assert (warning.code, warning.message) == ("keyframes.truncated", "no key-frames behind 42 s")
    assert len(await frames_of(bench)) == 2


async def test_that_reading_is_not_installed_is_said_once_of_the_video(bench: Workbench) -> None:
    bench.gallery.troubles["read"] = Unavailable("rapidocr is not installed")
    video = await a_video(bench)
    await run_to_end(bench.worker())
    [warning] = (await bench.now(video)).warnings
    assert warning.code == "keyframes.unread" and "not installed" in warning.message


async def test_a_fault_of_ours_is_a_warning_too(bench: Workbench) -> None:
    bench.album.trouble = ZeroDivisionError("by zero")
    video = await a_video(bench)
    await run_to_end(bench.worker())
    [warning] = (await bench.now(video)).warnings
    assert warning.code == "keyframes.failed" and "ZeroDivisionError" in warning.message


async def test_a_full_disk_is_waited_for(bench: Workbench) -> None:
    bench.album.trouble = StorageFull("no space left for the key-frames")
    video = await a_video(bench)
    bench.disk.is_low = lambda: True  # type: ignore[method-assign]
    await run_to_end(bench.worker())
    assert (await bench.now(video)).status is JobStatus.PENDING
    assert await bench.transcripts.has(video.job_id)


async def test_a_video_that_cannot_be_heard_leaves_no_frames(bench: Workbench) -> None:
    video = await bench.upload_bytes(b"RIFF\x24\x00\x00\x00WAVEno sound", name="talk.mp4")
    await run_to_end(bench.worker())
    assert (await bench.now(video)).error_code == "media.unreadable"
    assert await frames_of(bench, video.job_id) == []
    assert bench.album.at_work == 0 and bench.pcm_files() == []


async def test_a_stop_while_only_the_pictures_are_missing_gives_the_job_back(
    bench: Workbench,
) -> None:
    bench.album.hold.clear()
    video = await a_video(bench)
    worker = bench.worker()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.album.at_work == 1 and bool(bench.engine.heard))
    while not await bench.transcripts.has(video.job_id):
        pass
    await worker.close(grace=30.0)
    await stopped(task)
    assert (await bench.now(video)).status is JobStatus.PENDING
    assert bench.album.at_work == 0


# ---- again


class Killed(BaseException):
    """The end of the service, as far as a test can play it."""


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("keyframes.taken", 1),
        ("keyframe.kept", 1),
        ("keyframe.kept", 2),
        ("keyframe.emitted", 1),
        ("keyframe.emitted", 2),
        ("keyframes.listed", 1),
    ],
)
async def test_killed_anywhere_each_frame_is_there_once_in_the_end(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, point: str, number: int
) -> None:
    passed = []

    def reached(name: str) -> None:
        passed.append(name)
        if passed.count(point) == number:
            raise Killed

    video = await a_video(bench)
    monkeypatch.setattr(keyframes, "reached", reached)
    monkeypatch.setattr(frame_jobs, "reached", reached)
    with pytest.raises(Killed):
        await bench.worker().run_once()
    monkeypatch.undo()
    after = bench.worker(boot_id="boot-2")
    await after.recover()
    while bench.queue.size():
        await run_to_end(after)
    assert [job.status for job in await frames_of(bench)] == [JobStatus.COMPLETED] * 2
    assert (await bench.now(video)).status is JobStatus.COMPLETED
    assert bench.engine.heard == [0]
    assert sum(job.attempts for job in await frames_of(bench)) == 2


async def test_a_list_that_is_written_stands(bench: Workbench) -> None:
    bench.index.trouble = MediaUnreadable("torn")
    video = await a_video(bench)
    await run_to_end(bench.worker())
    bench.index.trouble = None
    await bench.service().retry(video.job_id)
    await all_done(bench)
    assert (await bench.now(video)).warnings == ()
    assert bench.album.taken == 1 and len(await frames_of(bench)) == 2


async def test_taking_the_video_in_again_replaces_its_frames(bench: Workbench) -> None:
    await a_video(bench)
    await all_done(bench)
    sent = await a_frame_of_the_clients(bench)
    bench.album.times = (0.0, 20.0)
    again = await a_video(bench)
    await all_done(bench)
    jobs = await frames_of(bench)
    assert [job.asset_id for job in jobs] == ["talk#t=0", "talk#t=3", "talk#t=20"]
    assert jobs[0].job_id == frame_job_id(again.job_id, 0.0)
    assert jobs[1].job_id == sent.job_id
    assert "talk#t=12.5" not in bench.index.kept
    assert await bench.assets.get("talk#t=12.5") is None


async def test_taken_in_again_without_the_wish_its_frames_are_gone(bench: Workbench) -> None:
    await a_video(bench)
    await all_done(bench)
    await a_video(bench, TALK.evolve(keyframes=False))
    await all_done(bench)
    assert await frames_of(bench) == [] and set(bench.index.kept) == {"talk"}


async def test_a_video_whose_key_frames_fail_does_not_keep_those_of_the_one_it_replaces(
    bench: Workbench,
) -> None:
    await a_video(bench)
    await all_done(bench)
    sent = await a_frame_of_the_clients(bench)
    bench.album.trouble = MediaUnreadable("no picture that can be read")
    again = await a_video(bench)
    await all_done(bench)
    job = await bench.now(again)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, ["keyframes.failed"])
    assert [frame.job_id for frame in await frames_of(bench)] == [sent.job_id]
    assert set(bench.index.kept) == {"talk"}


async def test_frames_of_an_earlier_attempt_stay_when_a_later_one_finds_none(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(name: str) -> None:
        if name == "keyframe.emitted":
            raise Killed

    video = await a_video(bench)
    monkeypatch.setattr(keyframes, "reached", reached)
    with pytest.raises(Killed):
        await bench.worker().run_once()
    monkeypatch.undo()
    bench.album.trouble = MediaUnreadable("no picture that can be read")
    after = bench.worker(boot_id="boot-2")
    await after.recover()
    await run_to_end(after)
    assert codes(await bench.now(video)) == ["keyframes.failed"]
    assert [job.asset_id for job in await frames_of(bench)] == ["talk#t=0"]


async def test_a_video_with_nothing_in_it_leaves_the_frames_of_the_one_that_stands(
    bench: Workbench,
) -> None:
    await a_video(bench)
    await all_done(bench)
    bench.album.times = ()
    empty = await a_mute_video(bench)
    await all_done(bench)
    assert (await bench.now(empty)).error_code == "media.no_audio"
    assert len(await frames_of(bench)) == 2 and "talk#t=12.5" in bench.index.kept


async def test_a_video_without_sound_stands_before_its_frames_are_sent_on_their_way(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_video(bench)
    await all_done(bench)
    stood: list[str] = []
    take_in = frame_jobs.FrameJobs.take_in

    async def looked(jobs: frame_jobs.FrameJobs, video: Job, at: float, jpeg: bytes) -> str:
        asset = await bench.assets.get("talk")
        stood.append(asset.job_id if asset else "")
        return await take_in(jobs, video, at, jpeg)

    monkeypatch.setattr(frame_jobs.FrameJobs, "take_in", looked)
    mute = await a_mute_video(bench)
    await all_done(bench)
    assert stood == [mute.job_id] * 2


async def test_deleting_an_earlier_take_of_a_video_leaves_the_frames_of_a_later_one(
    bench: Workbench,
) -> None:
    first = await a_video(bench)
    await all_done(bench)
    second = await a_video(bench)
    theirs = await bench.pipeline().frame_jobs.take_in(second, 2.0, b"picture")
    await bench.service().delete(first.job_id)
    assert [job.job_id for job in await frames_of(bench)] == [theirs]


@pytest.mark.parametrize("kind", [MediaType.AUDIO, MediaType.TEXT, MediaType.IMAGE])
async def test_what_is_no_video_any_more_has_no_frames(bench: Workbench, kind: MediaType) -> None:
    video = await a_video(bench)
    await all_done(bench)
    options = TALK.evolve(media_type=kind)
    if kind is MediaType.AUDIO:
        await bench.upload(5.0, options=options)
    else:
        await bench.upload_bytes(b"Hello.", name="talk.md", options=options)
    await all_done(bench)
    asset = await bench.assets.get("talk")
    assert asset is not None and asset.media_type is kind
    assert await frames_of(bench) == [] and set(bench.index.kept) == {"talk"}
    with pytest.raises(Conflict, match="later job"):
        await bench.service().transcript(await bench.now(video))


async def test_an_earlier_take_of_a_video_leaves_the_frames_of_a_later_one(
    bench: Workbench,
) -> None:
    service = frame_jobs.FrameJobs(
        store=bench.store,
        queue=bench.queue,
        blobs=bench.blobs,
        delete_all=bench.service().delete_all,
    )
    first = await a_video(bench)
    mine = await service.take_in(first, 1.0, b"picture")
    second = await a_video(bench)
    theirs = await service.take_in(second, 2.0, b"picture")
    await service.retire(first, keep=())
    assert [job.job_id for job in await frames_of(bench)] == [theirs]
    assert await service.take_in(first, 1.0, b"picture") == mine
    await service.retire(second, keep=[theirs])
    assert [job.job_id for job in await frames_of(bench)] == [theirs]
    await bench.store.cancel(second.job_id)
    await service.retire(first, keep=())
    assert await frames_of(bench) == []


async def test_who_lost_the_video_takes_no_frames_from_who_has_it_now(bench: Workbench) -> None:
    """A run that stood still for a while used to delete what the next one had found."""
    service = frame_jobs.FrameJobs(
        store=bench.store,
        queue=bench.queue,
        blobs=bench.blobs,
        delete_all=bench.service().delete_all,
    )
    lost = await claim(bench.store, await a_video(bench))
    assert (await bench.store.sweep("another run")).pending == (lost.job_id,)
    found = await service.take_in(await claim(bench.store, lost), 1.0, b"picture")
    with pytest.raises(ClaimLost):
        await service.retire(lost, keep=())
    assert [job.job_id for job in await frames_of(bench)] == [found]


async def test_a_video_that_is_lost_between_look_and_deletion_keeps_its_frames(
    bench: Workbench,
) -> None:
    """Whether it was still held used to be looked up before, and not be held fast."""
    held = await claim(bench.store, await a_video(bench))
    found = await bench.pipeline().frame_jobs.take_in(held, 1.0, b"picture")

    async def delete_all(old: Sequence[str], video: Job) -> None:
        await bench.store.sweep("another run")
        await bench.service().delete_all(old, video)

    service = frame_jobs.FrameJobs(
        store=bench.store, queue=bench.queue, blobs=bench.blobs, delete_all=delete_all
    )
    with pytest.raises(ClaimLost):
        await service.retire(held, keep=())
    assert [job.job_id for job in await frames_of(bench)] == [found]


async def test_a_video_that_is_deleted_elsewhere_gives_rise_to_no_more_frames(
    bench: Workbench,
) -> None:
    """Who deletes a video looks for its frames once: those that came later were found for ever."""
    held = await claim(bench.store, await a_video(bench))
    intake = bench.pipeline().frame_jobs
    await intake.take_in(held, 1.0, b"picture")
    await bench.service().delete(held.job_id)
    with pytest.raises(ClaimLost):
        await intake.take_in(held, 2.0, b"picture")
    assert await frames_of(bench) == []
    assert pictures(bench) == []


async def test_a_picture_of_a_video_that_was_cancelled_meanwhile_does_not_stay(
    bench: Workbench,
) -> None:
    """It was a file of nobody, which went only at the next start, or a day later."""
    held = await claim(bench.store, await a_video(bench))
    await bench.store.cancel(held.job_id)
    with pytest.raises(ClaimLost):
        await bench.pipeline().frame_jobs.take_in(held, 2.0, b"picture")
    assert pictures(bench) == []


async def test_a_picture_that_another_run_keeps_just_now_is_left_to_it(bench: Workbench) -> None:
    held = await claim(bench.store, await a_video(bench))
    await bench.store.sweep("another run")
    with pytest.raises(ClaimLost):
        await bench.pipeline().frame_jobs.take_in(held, 2.0, b"picture")
    assert len(pictures(bench)) == 1


async def test_a_picture_that_another_run_has_sent_on_its_way_stays(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stood still for minutes finds the video at its end, and the picture in use."""
    lost = await claim(bench.store, await a_video(bench))
    await bench.store.sweep("another run")
    intake = bench.pipeline().frame_jobs
    held = await claim(bench.store, lost)

    async def unknown(job_ids: Sequence[str]) -> set[str]:
        monkeypatch.undo()
        await intake.take_in(held, 2.0, b"picture")
        await bench.store.cancel(held.job_id)
        return set()

    monkeypatch.setattr(bench.store, "known", unknown)
    with pytest.raises(ClaimLost):
        await intake.take_in(lost, 2.0, b"picture")
    [frame] = await frames_of(bench)
    assert pictures(bench) == [frame.input_path.rpartition("/")[2]]


async def test_frames_go_in_one_go(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A film has thousands: one by one that would take minutes."""
    bench.album.times = tuple(float(second) for second in range(5))
    video = await a_video(bench)
    await all_done(bench)
    rows, index = bench.store.delete_all, bench.index.delete_assets
    gone: list[int] = []

    async def delete_all(job_ids: Sequence[str], **told: Any) -> Sequence[Job]:
        gone.append(len(job_ids))
        return await rows(job_ids, **told)

    async def delete_assets(asset_ids: Sequence[str]) -> None:
        gone.append(len(asset_ids))
        await index(asset_ids)

    monkeypatch.setattr(bench.store, "delete_all", delete_all)
    monkeypatch.setattr(bench.index, "delete_assets", delete_assets)
    await bench.service().delete(video.job_id)
    assert gone == [5, 5, 1]
    assert await frames_of(bench) == [] and bench.index.kept == {}


async def test_a_frame_that_somebody_works_at_goes_with_the_others(bench: Workbench) -> None:
    video = await a_video(bench)
    await run_to_end(bench.worker())
    frame, _ = await frames_of(bench)
    assert await bench.store.claim(frame.job_id, "boot-1") is not None
    await bench.service().delete(video.job_id)
    assert await frames_of(bench) == []
    assert list((bench.folder / "image_jobs").glob("*")) == []


async def test_deleting_the_video_deletes_its_frames(bench: Workbench) -> None:
    video = await a_video(bench)
    await all_done(bench)
    await bench.service().delete(video.job_id)
    assert await frames_of(bench) == [] and bench.index.kept == {}
    for folder in ("image_jobs", "keyframes", "thumbnails", "results"):
        assert list((bench.folder / folder).glob("*")) == []


def test_ids_of_frames_are_told_from_those_of_clients() -> None:
    mine = new_id()
    assert emitted(frame_job_id(mine, 1.0)) and not emitted(mine)
    assert frame_job_id(mine, 1.0) != frame_job_id(mine, 1.5) != frame_job_id(new_id(), 1.5)


def test_frames_of_a_long_video_within_a_tenth_of_a_second_are_told_apart() -> None:
    mine, (first, other) = new_id(), (10000.02, 10000.04)
    assert frame_job_id(mine, first) != frame_job_id(mine, other)
    assert [frame_id("film", at) for at in (first, other, 1_000_000.0, 0.0)] == [
        *("film#t=10000.02", "film#t=10000.04", "film#t=1000000", "film#t=0")
    ]


async def a_frame_of_the_clients(bench: Workbench) -> Job:
    job_id = new_id()
    await bench.blobs.save_file(f"image_jobs/{job_id}.jpg", _bytes([b"mine"]))
    options = JobOptions(media_type=MediaType.KEYFRAME, asset_id="talk#t=3", parent_id="talk", at=3)
    return await bench.store.add(
        job_id=job_id,
        source=SourceKind.UPLOAD,
        source_name="frame.jpg",
        input_path=f"image_jobs/{job_id}.jpg",
        options=options,
    )


async def _bytes(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
