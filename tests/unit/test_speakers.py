"""The step that asks who speaks, and how names take the place of labels."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.assets import Asset, AssetChanges
from app.domain.captions import CaptionFormat, render
from app.domain.errors import EngineError, ModelNotFound
from app.domain.jobs import Job, JobOptions, JobStatus, pcm_key, result_key
from app.domain.media_types import MediaType
from app.domain.transcript import Chapter, Segment, Transcript
from app.services.asset_pages import Shown
from app.web.watch_page import written
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def worked_off(bench: Workbench, seconds: float = 10.0, diarize: bool = True) -> Job:
    job = await bench.upload(seconds, options=JobOptions(diarize=diarize))
    await bench.worker().run_once()
    return await bench.now(job)


async def speakers(bench: Workbench, job: Job) -> list[str | None]:
    found = await bench.transcripts.load(job.job_id)
    assert found is not None
    return [segment.speaker for segment in found.segments]


def said_by(*turns: tuple[str | None, str]) -> Transcript:
    segments = tuple(
        Segment(start=float(number), end=number + 1.0, text=text, speaker=speaker)
        for number, (speaker, text) in enumerate(turns)
    )
    return Transcript(
        segments=segments, language_detection=None, duration=9.0, provider="none", model="none"
    )


# the step


async def test_every_segment_says_who_speaks(bench: Workbench) -> None:
    job = await worked_off(bench)
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, ())
    assert await speakers(bench, job) == ["Speaker 1", "Speaker 2"]
    document = json.loads(bench.scratch.path(result_key(job.job_id)).read_text())
    assert [each["speaker"] for each in document["segments"]] == ["Speaker 1", "Speaker 2"]
    assert [each["name"] for each in document["speakers"]] == ["Speaker 1", "Speaker 2"]
    assert bench.index.kept[job.job_id]


async def test_the_finder_hears_the_stretches_of_the_segments(bench: Workbench) -> None:
    job = await worked_off(bench)
    [(seconds, spans)] = bench.voices.asked
    transcript = await bench.transcripts.load(job.job_id)
    assert transcript is not None
    assert seconds == pytest.approx(10.0)
    for span, segment in zip(spans, transcript.segments, strict=True):
        assert span.first / 16_000 == pytest.approx(segment.start, abs=1e-3)
        assert span.last / 16_000 == pytest.approx(min(segment.end, 10.0), abs=1e-3)
    assert not bench.pcm_files()


async def test_nobody_listens_for_speakers_unasked(bench: Workbench) -> None:
    job = await worked_off(bench, diarize=False)
    assert await speakers(bench, job) == [None, None]
    assert bench.voices.asked == []
    document = json.loads(bench.scratch.path(result_key(job.job_id)).read_text())
    assert document["speakers"] == [] and "speaker" not in document["segments"][0]


async def test_whom_nobody_could_tell_has_no_label(bench: Workbench) -> None:
    bench.voices.numbers = (None, 0)
    job = await worked_off(bench)
    assert await speakers(bench, job) == [None, "Speaker 1"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (EngineError("the worker failed"), "speakers.failed"),
        (ValueError("a fault of ours"), "speakers.failed"),
        (ModelNotFound("no weights"), "speakers.unavailable"),
    ],
)
async def test_a_failure_is_a_warning_and_can_be_made_good_from_the_source(
    bench: Workbench, trouble: Exception, code: str
) -> None:
    bench.voices.trouble = trouble
    job = await worked_off(bench)
    [warning] = job.warnings
    assert (job.status, warning.code) == (JobStatus.COMPLETED, code)
    assert str(trouble) in warning.message
    bench.voices.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    assert (await bench.now(job)).warnings == ()
    assert await speakers(bench, job) == ["Speaker 1", "Speaker 2"]
    assert bench.voices.asked[1] == bench.voices.asked[0]  # decoded anew
    assert bench.engine.heard == [0, 1]  # not transcribed again


async def test_sound_that_a_crash_cut_short_is_decoded_anew(bench: Workbench) -> None:
    bench.voices.trouble = EngineError("the service dies here")
    job = await worked_off(bench)
    bench.scratch.path(pcm_key(job.job_id)).write_bytes(b"\0\0" * 16_000)
    bench.voices.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    assert bench.voices.asked[-1][0] == pytest.approx(10.0)


async def test_a_correction_and_a_name_keep_who_speaks(bench: Workbench) -> None:
    job = await worked_off(bench)
    changes = AssetChanges(segments={0: "corrected"}, speakers={"Speaker 2": "Ada"})
    await bench.assets.edit(job.asset_id, changes)
    assert await speakers(bench, job) == ["Speaker 1", "Speaker 2"]
    service = bench.service()
    named = await service.transcript(await bench.now(job))
    assert [each.speaker for each in named.segments] == ["Speaker 1", "Ada"]
    assert named.segments[0].text == "corrected"
    document = await service.result(await bench.now(job))
    assert [each["speaker"] for each in document["segments"]] == ["Speaker 1", "Ada"]
    assert [each["speaker"] for each in document["speakers"]] == ["Speaker 1", "Speaker 2"]
    assert [each["name"] for each in document["speakers"]] == ["Speaker 1", "Ada"]


# names and captions


def test_two_labels_with_one_name_are_one_speaker() -> None:
    transcript = said_by(("Speaker 1", "a"), ("Speaker 2", "b"), (None, "c"))
    assert transcript.speakers == ("Speaker 1", "Speaker 2")
    assert transcript.named({"Speaker 1": "Ada", "Speaker 2": "Ada"}).speakers == ("Ada",)
    assert transcript.named({}) is transcript
    assert transcript.named({"": "Nobody"}).segments[2].speaker is None


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (CaptionFormat.TXT, "Ada <3: hello\n"),
        (CaptionFormat.SRT, "\nAda <3: hello\n"),
        (CaptionFormat.VTT, "\n<v Ada &lt;3>hello\n"),
        (CaptionFormat.TSV, "\thello\n"),
        (CaptionFormat.LRC, "]hello\n"),
    ],
)
def test_captions_say_who_speaks_where_their_form_allows(form: CaptionFormat, line: str) -> None:
    assert line in render(said_by(("Ada <3", "hello")), form)
    assert "hello" in render(replace(said_by((None, "hello"))), form)


def test_a_name_cannot_break_a_caption() -> None:
    vtt = render(said_by(("a>\n\n1 --> 2", "hello")), CaptionFormat.VTT)
    assert "<v a&gt; 1 --&gt; 2>hello" in vtt
    srt = render(said_by(("a\n\n1 --> 2", "hello")), CaptionFormat.SRT)
    assert srt.splitlines()[2] == "a 1 -> 2: hello"


# the page


def test_the_page_says_who_speaks_and_where_chapters_begin() -> None:
    said = said_by(("Speaker 1", "a"), ("Speaker 2", "b"), (None, "c"))
    transcript = replace(said, chapters=(Chapter(start=1.0, end=3.0, title="<Boats>"),))
    asset = Asset(
        asset_id="talk",
        media_type=MediaType.AUDIO,
        job_id="0b0d3c4e-6c1f-4d53-9f3f-6f0d4b9d1a11",
        title="Talk",
        speakers={"Speaker 2": "<Ada>"},
        created_at=datetime.now(UTC),
        updated_at=datetime.now(UTC),
    )
    page = written(Shown(asset=asset, transcript=transcript, passages=(), frames=()), None)
    order = [
        "<b>Speaker 1:</b> <span>a</span>",
        "<h2>&lt;Boats&gt;</h2>",
        "<b>&lt;Ada&gt;:</b> <span>b</span>",
        "<span>c</span></p>",
    ]
    places = [page.index(each) for each in order]
    assert places == sorted(places) and page.count("<h2>") == 1 and page.count("<b>") == 2
