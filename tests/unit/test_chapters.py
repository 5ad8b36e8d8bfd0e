"""Talk cut into passages, and the step that asks for chapters."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.embedders.chapters import as_said
from app.domain.errors import EngineError
from app.domain.jobs import Job, JobOptions, JobStatus, result_key
from app.domain.transcript import Chapter, Segment, Transcript
from app.pipeline.chapters import LENGTH, PATIENCE, passages
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


def talk(*texts: str, seconds: float = 5.0) -> list[Segment]:
    """One after the other, each as long as the others."""
    return [
        Segment(start=number * seconds, end=(number + 1) * seconds, text=text)
        for number, text in enumerate(texts)
    ]


async def worked_off(bench: Workbench, seconds: float = 5.0, topics: bool = True) -> Job:
    job = await bench.upload(seconds, options=JobOptions(topics=topics))
    await bench.worker().run_once()
    return await bench.now(job)


async def kept(bench: Workbench, job: Job) -> Transcript:
    found = await bench.transcripts.load(job.job_id)
    assert found is not None
    return found


# passages


def test_a_passage_ends_with_a_sentence_once_it_is_long_enough() -> None:
    found = list(passages(talk("One.", " two", "three.", "four", "five.", "six.")))
    assert [each.text for each in found] == ["One. two three.", "four five. six."]
    assert [(each.start, each.end) for each in found] == [(0.0, 15.0), (15.0, 30.0)]


def test_talk_without_sentences_is_cut_all_the_same() -> None:
    found = list(passages(talk(*["and"] * 20)))
    assert all(each.end - each.start <= LENGTH + PATIENCE for each in found)
    assert sum(len(each.text.split()) for each in found) == 20


def test_hours_of_talk_have_longer_passages_and_not_more_of_them() -> None:
    hours = talk(*["So it was."] * 7200)
    assert len(list(passages(hours, most=100))) <= 100


def test_where_nothing_is_said_there_is_no_passage() -> None:
    assert list(passages([])) == list(passages(talk("", " "))) == []


# titles


def test_a_title_has_the_capitals_of_the_text() -> None:
    said = ["The BBC and Alan Turing's machine.", "alan turing was here; Alan Turing's machine"]
    assert as_said("alan turing machine", said) == "Alan Turing's machine"
    assert as_said("bbc", said) == "BBC"
    assert as_said("machine", said) == "Machine"
    assert as_said("never said (so", said) == "Never said (so"
    assert as_said("", said) == ""


# the step


async def test_chapters_come_with_the_topics_and_stand_in_the_document(bench: Workbench) -> None:
    job = await worked_off(bench)
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, ())
    transcript = await kept(bench, job)
    [segment] = transcript.segments
    assert transcript.chapters == (Chapter(start=segment.start, end=segment.end, title="Windows"),)
    assert bench.turns.asked == [(["window 0"], "en")]
    document = bench.scratch.path(result_key(job.job_id)).read_text()
    assert '"title": "Windows"}]' in document


async def test_a_chapter_ends_where_the_next_one_begins(bench: Workbench) -> None:
    bench.turns.chapters = ((0, "Windows"), (1, "Doors"))
    transcript = await kept(bench, await worked_off(bench, 40.0))
    first, second = transcript.chapters or ()
    assert first.end == second.start
    assert (first.start, second.end) == (transcript.segments[0].start, transcript.segments[-1].end)
    assert second.start in {segment.start for segment in transcript.segments}


async def test_nobody_looks_for_chapters_unasked(bench: Workbench) -> None:
    job = await worked_off(bench, topics=False)
    assert (await kept(bench, job)).chapters is None
    assert bench.turns.asked == []


@pytest.mark.parametrize("trouble", [EngineError("the worker failed"), ValueError("our fault")])
async def test_a_failure_is_a_warning_and_can_be_made_good(
    bench: Workbench, trouble: Exception
) -> None:
    bench.turns.trouble = trouble
    job = await worked_off(bench)
    [warning] = job.warnings
    assert (job.status, warning.code) == (JobStatus.COMPLETED, "chapters.failed")
    assert str(trouble) in warning.message
    assert (await kept(bench, job)).topics == bench.themes.topics
    bench.turns.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    assert (await bench.now(job)).warnings == ()
    assert (await kept(bench, job)).chapters
    assert len(bench.themes.asked) == 1  # what is there is not looked for again


async def test_chapters_that_are_there_are_not_looked_for_again(bench: Workbench) -> None:
    bench.embedder.trouble = EngineError("no model")
    job = await worked_off(bench)
    bench.embedder.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    assert len(bench.turns.asked) == 1


def test_a_transcript_without_chapters_is_one_that_nobody_looked_at() -> None:
    bare = Transcript(
        segments=(), language_detection=None, duration=0.0, provider="none", model="none"
    )
    assert bare.chapters is None and replace(bare, chapters=()).chapters == ()
