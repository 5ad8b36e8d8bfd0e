"""A file that changes while a job reads it in place: the job says so, and is not tried again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.confined.cage import Cage
from app.adapters.ffmpeg import FfmpegExtractor, FfmpegFrames
from app.adapters.pictures.darkroom import PillowDarkroom
from app.adapters.soundfile_audio import SoundfileExtractor
from app.domain.errors import EngineError, EngineRefused
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind
from app.domain.keyframes import Reel
from app.domain.media import Audio, AudioWindow
from app.domain.media_types import MediaType
from app.domain.pictures import Bitmap
from app.pipeline import read
from app.pipeline.runner import Pipeline
from app.pipeline.tools import PictureTools
from app.ports import Growth, Progress
from tests import caged, media, pictures
from tests.changes import CHANGES, made_old
from tests.contracts.jobs import new_id
from tests.herepool import HerePool
from tests.unit.scripted import run_to_end
from tests.unit.workbench import Workbench, opened, until

MOST = 40_000_000  # pixels
Meddle = Callable[[], None]
#: Whether somebody meddles before or after the reader has done its work.
WHEN = ["before", "after"]
WHAT = ["rewritten", "appended", "cut", "replaced", "taken_away"]


class Meddler:
    """Changes a file, once, as somebody begins or ends to read it."""

    def __init__(self, path: Path, change: str, when: str) -> None:
        self.path, self.change, self.when = path, change, when
        self.done = False

    def at(self, when: str) -> None:
        if when == self.when and not self.done:
            self.done = True
            CHANGES[self.change](self.path)


class MeddledSoundfile(SoundfileExtractor):
    def __init__(self, meddler: Meddler) -> None:
        super().__init__(60.0, confinement=Cage())
        self.meddler = meddler

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        self.meddler.at("before")
        try:
            return await super().extract(source, target, growth)
        finally:
            self.meddler.at("after")


class MeddledFfmpeg(FfmpegExtractor):
    def __init__(self, meddler: Meddler) -> None:
        super().__init__(60.0, confinement=Cage())
        self.meddler = meddler

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        self.meddler.at("before")
        try:
            return await super().extract(source, target, growth)
        finally:
            self.meddler.at("after")


class MeddledFrames(FfmpegFrames):
    def __init__(self, meddler: Meddler) -> None:
        super().__init__(HerePool(), 60.0, confinement=Cage())
        self.meddler = meddler

    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        self.meddler.at("before")
        try:
            return await super().take(source, target, progress)
        finally:
            self.meddler.at("after")


class MeddledDarkroom(PillowDarkroom):
    def __init__(self, meddler: Meddler) -> None:
        super().__init__(HerePool(), caged.decoder(meddler.path.parent, MOST))
        self.meddler = meddler

    async def develop(self, source: Path) -> Bitmap:
        self.meddler.at("before")
        try:
            return await super().develop(source)
        finally:
            self.meddler.at("after")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def walked(
    bench: Workbench, path: Path, line: Pipeline, kind: MediaType | None = None
) -> Job:
    """A job on the file in place, and how it is after one attempt."""
    job = await added(bench, path, kind)
    await run_to_end(bench.worker(pipeline=line))
    return await bench.now(job)


async def added(bench: Workbench, path: Path, kind: MediaType | None = None) -> Job:
    job = await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name=path.name,
        input_path=str(path),
        options=JobOptions(media_type=kind),
        sha256=hashlib.sha256(b"as it was when it was taken in").hexdigest(),
    )
    await bench.queue.enqueue({"job_id": job.job_id}, job.options.priority)
    return job


def assert_told(job: Job) -> None:
    assert (job.status, job.error_code) == (JobStatus.FAILED, "source.changed"), job.error_message
    assert (job.attempts, job.dead_letter) == (1, False)
    assert job.error_message and job.source_name in job.error_message


@pytest.mark.parametrize("change", WHAT)
@pytest.mark.parametrize("when", WHEN)
async def test_sound_that_libsndfile_decodes(bench: Workbench, change: str, when: str) -> None:
    path = made_old(media.tone(bench.folder / "talk.wav", 5.0))
    meddler = Meddler(path, change, when)
    line = replace(bench.pipeline(), extractors=(MeddledSoundfile(meddler), caged.ffmpeg(60.0)))
    assert_told(await walked(bench, path, line))
    assert meddler.done and bench.pcm_files() == []


@pytest.mark.parametrize("change", WHAT)
@pytest.mark.parametrize("when", WHEN)
async def test_sound_that_ffmpeg_decodes(bench: Workbench, change: str, when: str) -> None:
    path = made_old(media.make_video(bench.folder / "talk.mp4", media.OWN / "jfk.flac", 3.0))
    meddler = Meddler(path, change, when)
    line = replace(bench.pipeline(), extractors=(MeddledFfmpeg(meddler),))
    assert_told(await walked(bench, path, line, MediaType.AUDIO))
    assert meddler.done and bench.pcm_files() == []


@pytest.mark.parametrize("change", WHAT)
@pytest.mark.parametrize("when", WHEN)
async def test_key_frames(bench: Workbench, change: str, when: str) -> None:
    path = made_old(media.make_video(bench.folder / "talk.mp4", media.OWN / "jfk.flac", 3.0))
    meddler = Meddler(path, change, when)
    bench.extractors = (caged.ffmpeg(60.0),)
    line = replace(bench.pipeline(), frames=MeddledFrames(meddler))
    assert_told(await walked(bench, path, line))
    assert meddler.done
    assert (await bench.store.list()).jobs[0].source is SourceKind.PATH, "no key-frame is sent on"


@pytest.mark.parametrize("change", WHAT)
@pytest.mark.parametrize("when", WHEN)
async def test_a_picture(bench: Workbench, change: str, when: str) -> None:
    path = made_old(pictures.halves(bench.folder / "cup.png"))
    meddler = Meddler(path, change, when)
    tools = PictureTools(darkroom=MeddledDarkroom(meddler), reader=None, eyes=None, describer=None)
    line = replace(bench.pipeline(), pictures=tools)
    job = await walked(bench, path, line, MediaType.IMAGE)
    assert_told(job)
    assert meddler.done and await bench.assets.of_job(job.job_id) is None


@pytest.mark.parametrize("change", WHAT)
@pytest.mark.parametrize("when", WHEN)
async def test_a_text(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, change: str, when: str
) -> None:
    path = bench.folder / "page.md"
    path.write_text("# Words\n\nas they were\n", encoding="utf-8")
    meddler, content = Meddler(made_old(path), change, when), read._content

    def meddled(source: Path, name: str) -> object:
        meddler.at("before")
        try:
            return content(source, name)
        finally:
            meddler.at("after")

    monkeypatch.setattr(read, "_content", meddled)
    job = await walked(bench, path, bench.pipeline(), MediaType.TEXT)
    assert_told(job)
    assert meddler.done and await bench.assets.of_job(job.job_id) is None


async def test_a_file_that_changed_between_two_attempts_is_read_as_it_is_by_then(
    bench: Workbench,
) -> None:
    """Only what changes under a reader is a trouble: the next attempt begins anew."""
    path = made_old(media.tone(bench.folder / "talk.wav", 5.0))
    bench.engine.failures = {0: [EngineError("said no")]}
    job = await walked(bench, path, bench.pipeline())
    assert job.status is JobStatus.PENDING
    CHANGES["replaced"](path)
    await bench.queue.enqueue({"job_id": job.job_id}, job.options.priority)
    await run_to_end(bench.worker())
    assert (await bench.now(job)).status is JobStatus.COMPLETED


NAMED = [kind for kind in MediaType if kind is not MediaType.KEYFRAME]


@pytest.mark.parametrize("kind", NAMED)
async def test_what_was_replaced_before_its_job_began_is_known_by_the_bytes_that_were_read(
    bench: Workbench, kind: MediaType
) -> None:
    """Else who sends those of before, with `dedupe`, is answered with what stands in others."""
    path = made(bench.folder, kind)
    job = await added(bench, path, kind)
    bench.extractors, bench.album.times = (caged.soundfile(60.0), caged.ffmpeg(60.0)), (1.0,)
    await run_to_end(bench.worker())
    ended = await bench.now(job)
    assert ended.status is JobStatus.COMPLETED
    assert ended.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def made(folder: Path, kind: MediaType) -> Path:
    if kind is MediaType.AUDIO:
        return media.tone(folder / "talk.wav", 5.0)
    if kind is MediaType.VIDEO:
        return media.make_video(folder / "talk.mp4", None, 3.0)
    if kind is MediaType.IMAGE:
        return pictures.halves(folder / "cup.png")
    (folder / "page.md").write_text("# Words", encoding="utf-8")
    return folder / "page.md"


async def test_what_happens_once_it_was_read_is_no_trouble(bench: Workbench) -> None:
    """Transcribing takes hours, and needs the sound alone."""
    path = made_old(media.tone(bench.folder / "talk.wav", 5.0))
    meddler = Meddler(path, "taken_away", "after")
    heard = bench.engine.said

    def said(window: AudioWindow) -> str:
        meddler.at("after")
        return heard(window)

    bench.engine.said = said  # type: ignore[method-assign]
    job = await walked(bench, path, bench.pipeline())
    assert meddler.done and job.status is JobStatus.COMPLETED


@pytest.fixture
def held(bench: Workbench) -> Callable[[], bool]:
    """Whether a descriptor of the source of `a_talk` is open in this process."""
    path = a_talk(bench)
    with path.open("rb"):
        if str(path) not in _open_files():
            pytest.skip("no /proc to look for open files in")
    return lambda: str(path) in _open_files()


def a_talk(bench: Workbench) -> Path:
    return made_old(media.tone(bench.folder / "talk.wav", 5.0))


async def test_a_job_holds_its_source_only_while_it_runs(
    bench: Workbench, held: Callable[[], bool]
) -> None:
    for _ in range(2):
        job = await walked(bench, a_talk(bench), bench.pipeline())
        assert job.status is JobStatus.COMPLETED
    assert not held()


@pytest.mark.parametrize("error", [EngineError("no"), EngineRefused("no"), RuntimeError("a fault")])
async def test_a_job_that_fails_holds_it_no_longer(
    bench: Workbench, held: Callable[[], bool], error: Exception
) -> None:
    bench.engine.failures = {0: [error]}
    job = await walked(bench, a_talk(bench), bench.pipeline())
    assert job.status is not JobStatus.COMPLETED and not held()


@pytest.mark.parametrize("end", ["dropped", "stopped", "cut short"])
async def test_a_job_that_is_taken_off_the_line_holds_it_no_longer(
    bench: Workbench, held: Callable[[], bool], end: str
) -> None:
    bench.engine.hold.clear()
    worker = bench.worker()
    job = await added(bench, a_talk(bench))
    run = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work > 0)
    assert held()
    if end == "dropped":
        await worker.drop(job.job_id)
    elif end == "stopped":
        await worker.close(grace=0.0)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert not held()


def _open_files() -> set[str]:
    """Of this process."""
    found = set()
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            found.add(str(link.readlink()))
    return found


async def test_a_path_of_a_folder_that_is_no_longer_allowed_is_not_read(bench: Workbench) -> None:
    outside = bench.folder.parent / "outside.wav"
    job = await walked(bench, media.tone(outside, 1.0), bench.pipeline())
    assert (job.status, job.error_code, job.attempts) == (JobStatus.FAILED, "source.gone", 1)


@pytest.mark.parametrize("change", ["became_a_link", "became_a_pipe", "became_a_folder"])
async def test_what_is_no_file_any_more_when_its_job_begins_is_gone(
    bench: Workbench, change: str
) -> None:
    path = media.tone(bench.folder / "talk.wav", 1.0)
    CHANGES[change](path)
    job = await added(bench, path)
    await run_to_end(bench.worker())
    ended = await bench.now(job)
    assert (ended.status, ended.error_code, ended.attempts) == (JobStatus.FAILED, "source.gone", 1)
