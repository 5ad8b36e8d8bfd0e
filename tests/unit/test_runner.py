"""The line from source to moments, over real sound, files and rows."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.confined.cage import Cage
from app.adapters.soundfile_audio import SoundfileExtractor
from app.domain.errors import (
    EngineError,
    Forbidden,
    MediaEmpty,
    MediaUnreadable,
    NoAudio,
    SourceGone,
    SpoolError,
    StorageError,
)
from app.domain.jobs import Job, JobOptions, SourceKind, Stage, Task, upload_key
from app.domain.media import Audio
from app.domain.media_types import MediaType
from app.domain.transcript import Transcript
from app.pipeline.report import JobReport
from app.ports import Growth
from tests import caged
from tests.contracts.jobs import claim, new_id
from tests.media import make_video, silence
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def a_job(
    bench: Workbench, kind: SourceKind, name: str, input_path: str, **options: object
) -> Job:
    job = await bench.store.add(
        job_id=new_id(),
        source=kind,
        source_name=name,
        input_path=input_path,
        options=JobOptions().evolve(**options),
    )
    return await claim(bench.store, job)


async def run(bench: Workbench, job: Job) -> Transcript:
    report = JobReport(bench.store, job)
    try:
        transcript = (await bench.pipeline().run(job, report)).transcript
        assert transcript is not None
        return transcript
    finally:
        await report.aclose()


async def failure(bench: Workbench, job: Job) -> SpoolError:
    with pytest.raises(SpoolError) as caught:
        await run(bench, job)
    return caught.value


async def test_a_file_of_this_machine_is_read_in_place(bench: Workbench) -> None:
    path = silence(bench.folder / "talk.wav", 10.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    transcript = await run(bench, job)
    assert transcript.text == "window 0 window 1" and transcript.duration == 10.0
    assert path.is_file() and not (bench.folder / "audio_jobs").exists()


async def test_a_url_is_downloaded_once_also_when_it_is_tried_again(
    bench: Workbench, httpserver: HTTPServer
) -> None:
    sound = silence(bench.folder / "source.wav", 5.0).read_bytes()
    httpserver.expect_ordered_request("/talk.wav").respond_with_data(sound)
    url = httpserver.url_for("/talk.wav")
    job = await a_job(bench, SourceKind.URL, url, url)
    assert (await run(bench, job)).text == "window 0"
    assert (await run(bench, job)).text == "window 0"
    assert len(httpserver.log) == 1
    assert bench.scratch.path(upload_key(job.job_id, url)).read_bytes() == sound


async def test_what_was_behind_a_url_is_noted_also_where_it_is_no_medium(
    bench: Workbench, httpserver: HTTPServer
) -> None:
    """Its bytes are kept, and counted for nobody."""
    httpserver.expect_request("/talk.wav").respond_with_data(b"no medium at all")
    url = httpserver.url_for("/talk.wav")
    job = await a_job(bench, SourceKind.URL, url, url)
    assert isinstance(await failure(bench, job), MediaUnreadable)
    told = await bench.now(job)
    assert (told.sha256, told.size) == (hashlib.sha256(b"no medium at all").hexdigest(), 16)


async def test_of_what_is_behind_a_url_nothing_is_kept_that_may_not_be(
    bench: Workbench, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/talk.wav").respond_with_data(b"1234567")
    url = httpserver.url_for("/talk.wav")
    job, asked = await a_job(bench, SourceKind.URL, url, url), list[tuple[str, int]]()

    async def too_much(job: Job, size: int) -> None:
        asked.append((job.job_id, size))
        raise Forbidden("too much", code="quota.exceeded")

    report = JobReport(bench.store, job)
    with pytest.raises(Forbidden, match="too much"):
        await replace(bench.pipeline(), may_keep=too_much).run(job, report)
    await report.aclose()
    assert asked == [(job.job_id, 7)]
    assert not bench.scratch.path(upload_key(job.job_id, url)).exists()


async def test_a_url_that_leads_inside_is_refused_also_by_the_line(bench: Workbench) -> None:
    url = "http://[::1]/talk.wav"
    assert isinstance(await failure(bench, await a_job(bench, SourceKind.URL, url, url)), Forbidden)


async def test_a_source_that_is_gone_says_so_without_the_servers_path(bench: Workbench) -> None:
    path = bench.folder / "private" / "talk.wav"
    error = await failure(bench, await a_job(bench, SourceKind.PATH, "talk.wav", str(path)))
    assert isinstance(error, SourceGone) and "private" not in error.message


async def test_a_source_that_became_a_folder_is_gone(bench: Workbench) -> None:
    job = await a_job(bench, SourceKind.PATH, "x", str(bench.folder))
    assert isinstance(await failure(bench, job), SourceGone)


async def test_an_empty_file_is_told_as_such(bench: Workbench) -> None:
    path = bench.folder / "talk.wav"
    path.touch()
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    assert isinstance(await failure(bench, job), MediaEmpty)


async def test_what_one_extractor_cannot_read_the_next_one_does(bench: Workbench) -> None:
    bench.extractors = (caged.soundfile(60.0), caged.ffmpeg(60.0))
    path = make_video(bench.folder / "talk.mp4", silence(bench.folder / "s.wav", 5.0))
    job = await a_job(bench, SourceKind.PATH, "talk.mp4", str(path))
    assert (await run(bench, job)).text == "window 0"
    [(moment, _)] = bench.index.kept[job.job_id]
    assert moment.media_type is MediaType.VIDEO


async def test_what_none_can_read_has_the_reason_of_the_last(bench: Workbench) -> None:
    bench.extractors = (caged.soundfile(60.0), caged.ffmpeg(60.0))
    path = bench.folder / "talk.wav"
    path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEthis is no sound at all")
    error = await failure(bench, await a_job(bench, SourceKind.PATH, "talk.wav", str(path)))
    assert isinstance(error, MediaUnreadable) and "libsndfile" not in error.message
    assert bench.pcm_files() == []


async def test_a_medium_without_sound_is_told_as_such(bench: Workbench) -> None:
    bench.extractors = (caged.ffmpeg(60.0),)
    path = make_video(bench.folder / "mute.mp4", None)
    job = await a_job(bench, SourceKind.PATH, "mute.m4a", str(path))
    assert isinstance(await failure(bench, job), NoAudio)


async def test_a_file_that_is_shorter_than_it_declares_is_done_with_a_warning(
    bench: Workbench,
) -> None:
    class Short(SoundfileExtractor):
        async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
            return replace(await super().extract(source, target, growth), declared_seconds=60.0)

    bench.extractors = (Short(60.0, confinement=Cage()),)
    job = await a_job(
        bench, SourceKind.PATH, "talk.wav", str(silence(bench.folder / "talk.wav", 5.0))
    )
    assert (await run(bench, job)).text == "window 0"
    [warning] = (await bench.now(job)).warnings
    assert warning.code == "media.truncated"
    assert "60.0 s" in warning.message and "5.0 s" in warning.message


async def test_the_engine_hears_the_options_of_the_job(bench: Workbench) -> None:
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(
        bench,
        SourceKind.PATH,
        "talk.wav",
        str(path),
        model="tiny.en",
        language="de",
        task=Task.TRANSLATE,
        prompt="Ann",
        word_timestamps=True,
    )
    transcript = await run(bench, job)
    [options] = bench.engine.options
    assert (options.language, options.task, options.prompt, options.word_timestamps) == (
        "de",
        Task.TRANSLATE,
        "Ann",
        True,
    )
    assert transcript.model == "tiny.en"


async def test_moments_carry_title_labels_and_asset(bench: Workbench) -> None:
    path = silence(bench.folder / "talk.wav", 10.0)
    job = await a_job(
        bench,
        SourceKind.PATH,
        "talk.wav",
        str(path),
        asset_id="lecture-1",
        title="Lecture",
        labels=("physics",),
    )
    await run(bench, job)
    found = [moment for moment, _ in bench.index.kept["lecture-1"]]
    assert {(each.title, each.labels, each.media_type) for each in found} == {
        ("Lecture", ("physics",), MediaType.AUDIO)
    }
    assert " ".join(each.text for each in found) == "window 0 window 1"


async def test_sound_without_speech_is_a_result_and_not_an_error(bench: Workbench) -> None:
    path = silence(bench.folder / "silent.wav", 4.0)
    job = await a_job(bench, SourceKind.PATH, "silent.wav", str(path))
    transcript = await run(bench, job)
    assert (transcript.text, transcript.duration) == ("", 4.0)
    [(moment, _)] = bench.index.kept[job.job_id]
    assert moment.text == "silent.wav"
    assert (await bench.now(job)).stage is Stage.EMBEDDING


async def test_the_transcript_is_saved_before_it_is_embedded(bench: Workbench) -> None:
    class Killed(BaseException):
        pass

    async def explode(texts: object) -> object:
        raise Killed

    bench.embedder.embed = explode  # type: ignore[method-assign, assignment]
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    with pytest.raises(Killed):
        await run(bench, job)
    saved = await bench.transcripts.load(job.job_id)
    assert saved is not None and saved.text == "window 0"


@pytest.mark.parametrize("part", ["embedder", "index"])
async def test_a_fault_of_ours_in_a_late_stage_does_not_cost_the_transcript(
    bench: Workbench, part: str
) -> None:
    troubled = bench.embedder if part == "embedder" else bench.index
    troubled.trouble = ZeroDivisionError("by zero")
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    assert (await run(bench, job)).text == "window 0"
    [warning] = (await bench.now(job)).warnings
    assert warning.code == ("embedding.failed" if part == "embedder" else "index.failed")
    assert "ZeroDivisionError: by zero" in warning.message


@pytest.mark.parametrize("engine", [("whisper_cpp", "/models/old.bin"), ("openai", "whisper-1")])
async def test_an_engine_that_is_no_longer_known_is_replaced_by_what_was_asked_for(
    bench: Workbench, engine: tuple[str, str]
) -> None:
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path), model="tiny.en")
    assert await bench.store.note_engine(job, *engine)  # of a run with other settings
    assert (await run(bench, await bench.now(job))).model == "tiny.en"
    noted = await bench.now(job)
    assert (noted.provider, noted.model) == ("whisper_cpp", "tiny.en")


async def test_what_is_read_in_place_is_known_by_its_bytes_once_it_was_heard(
    bench: Workbench,
) -> None:
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    assert job.sha256 is None
    await run(bench, job)
    assert (await bench.now(job)).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_file_replaced_before_the_next_attempt_is_known_by_the_bytes_that_were_heard(
    bench: Workbench,
) -> None:
    path = silence(bench.folder / "talk.wav", 5.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    bench.engine.failures = {0: [EngineError("no")]}
    await failure(bench, job)
    silence(path, 6.0)
    await run(bench, await bench.now(job))
    assert (await bench.now(job)).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_transcript_once_saved_is_not_computed_again(bench: Workbench) -> None:
    path = silence(bench.folder / "talk.wav", 10.0)
    job = await a_job(bench, SourceKind.PATH, "talk.wav", str(path))
    first = await run(bench, job)
    path.unlink()
    assert await run(bench, job) == first
    assert bench.engine.heard == [0, 1]


async def test_a_warning_of_a_late_stage_goes_when_it_runs_again_and_goes_well(
    bench: Workbench,
) -> None:
    path = silence(bench.folder / "silent.wav", 4.0)
    job = await a_job(bench, SourceKind.PATH, "silent.wav", str(path))
    bench.index.trouble = StorageError("torn")
    await run(bench, job)
    codes = [warning.code for warning in (await bench.now(job)).warnings]
    assert codes == ["media.no_speech", "index.failed"]
    bench.index.trouble = None
    await run(bench, job)
    assert [each.code for each in (await bench.now(job)).warnings] == ["media.no_speech"]
