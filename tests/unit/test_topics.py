"""Phrases that may name what a text is about, and the step that asks for topics."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.embedders import phrases as of
from app.domain.errors import EngineError, Unavailable
from app.domain.jobs import INDEX_WARNINGS, Job, JobOptions, JobStatus, Task, result_key
from app.domain.transcript import Topic
from tests.unit.workbench import Workbench, opened

EMPTY = frozenset({"the", "of", "and", "a"})


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def worked_off(bench: Workbench, options: JobOptions | None = None) -> Job:
    """A job of one window, once it has ended."""
    job = await bench.upload(5.0, options=options or JobOptions(topics=True))
    await bench.worker().run_once()
    return await bench.now(job)


async def topics(bench: Workbench, job: Job) -> tuple[Topic, ...] | None:
    found = await bench.transcripts.load(job.job_id)
    assert found is not None
    return found.topics


# phrases


def test_phrases_are_words_in_a_row_and_none_is_empty() -> None:
    found = of.phrases(["The harbour of the old Town, and a Boat."], EMPTY)
    assert found == ["harbour", "old", "old town", "town", "boat"]


def test_no_phrase_runs_over_a_stop_a_number_or_a_pause() -> None:
    found = of.phrases(["red house. green 5 garden", "blue sky"], EMPTY)
    assert {"house green", "green garden", "garden blue"}.isdisjoint(found)
    assert {"red house", "blue sky"} <= set(found)


def test_contractions_name_nothing_and_possessives_are_let_go() -> None:
    found = of.phrases(["don't we'll the world\u2019s people"], EMPTY)
    assert found == ["world", "world people", "people"]


def test_the_most_frequent_phrases_are_looked_at_and_no_more() -> None:
    rare = " . ".join(f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(of.MAX_PHRASES))
    found = of.phrases([rare, "harbour . harbour"], EMPTY)
    assert len(found) == of.MAX_PHRASES
    assert found[0] == "harbour"


def test_a_text_without_spaces_gives_no_endless_phrase() -> None:
    assert of.phrases(["x" * 100_000], EMPTY) == []
    assert of.phrases(["我们今天讨论机器学习"], EMPTY) == ["我们今天讨论机器学习"]


def test_passages_have_a_length_and_a_number() -> None:
    random.seed(1)
    texts = [" ".join(random.choices(["harbour", "boat", "sea"], k=12)) for _ in range(20_000)]
    found = of.passages(texts)
    assert len(found) == of.MAX_PASSAGES
    assert all(len(passage) <= of.PASSAGE for passage in found)
    assert found[0].startswith(texts[0])
    assert max(map(len, of.passages(["a" * 10_000]))) <= of.PASSAGE
    assert of.passages(["one", "two"]) == ["one two"]
    assert of.passages([]) == of.passages([" "]) == []


def test_a_very_long_text_is_thinned_out_evenly() -> None:
    texts = [f"{number:09d} " for number in range(1000)]
    thin = of.thinned(texts, limit=1000)
    assert sum(map(len, thin)) <= 1000
    assert thin == texts[::10]
    assert of.thinned(texts) == texts
    assert of.thinned([]) == []
    assert of.thinned(["a" * 50], limit=20) == ["a" * 20]


def test_words_that_stand_everywhere_say_nothing_in_any_language() -> None:
    passages = [f"und dann Druckerei wort{chr(97 + number)}" for number in range(of.FEW)]
    assert of.everywhere(passages) == {"und", "dann"}
    assert of.everywhere(passages[1:]) == frozenset()  # too few to tell


def test_short_words_are_empty_only_where_letters_spell_sounds() -> None:
    assert of.short(["Der Hafen in 上海 и море"]) == {"der", "in", "и"}


def test_a_topic_within_another_is_let_go() -> None:
    found = of.distinct(["john dashwood", "dashwood", "leisure", "great leisure", "power"])
    assert found == ["john dashwood", "leisure", "power"]


# the step


async def test_topics_are_kept_with_the_transcript_and_stand_in_the_document(
    bench: Workbench,
) -> None:
    job = await worked_off(bench)
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, ())
    assert await topics(bench, job) == bench.themes.topics
    assert bench.themes.asked == [(["window 0"], "en")]
    document = bench.scratch.path(result_key(job.job_id)).read_text()
    assert '"topics": [{"topic": "windows", "score": 0.5}]' in document


async def test_nobody_looks_for_topics_unasked(bench: Workbench) -> None:
    job = await worked_off(bench, JobOptions())
    assert await topics(bench, job) is None
    assert bench.themes.asked == []


@pytest.mark.parametrize(
    ("options", "language"),
    [
        (JobOptions(topics=True, language="de"), "de"),
        (JobOptions(topics=True, language="de", task=Task.TRANSLATE), "en"),
    ],
)
async def test_the_language_is_that_of_the_transcript(
    bench: Workbench, options: JobOptions, language: str
) -> None:
    await worked_off(bench, options)
    assert bench.themes.asked == [(["window 0"], language)]


async def test_where_nothing_is_found_it_is_not_looked_for_again(bench: Workbench) -> None:
    bench.themes.topics = ()
    job = await worked_off(bench)
    assert await topics(bench, job) == ()


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (EngineError("the worker failed"), "topics.failed"),
        (ValueError("a fault of ours"), "topics.failed"),
        (Unavailable("not installed", code="topics.unavailable"), "topics.unavailable"),
    ],
)
async def test_a_failure_is_a_warning_and_can_be_made_good(
    bench: Workbench, trouble: Exception, code: str
) -> None:
    bench.themes.trouble = trouble
    job = await worked_off(bench)
    assert job.status is JobStatus.COMPLETED
    [warning] = job.warnings
    assert warning.code == code and str(trouble) in warning.message
    assert bench.index.kept[job.job_id]  # found all the same
    await bench.store.make_good(job.job_id)  # that is about the index
    assert (await bench.now(job)).warnings == job.warnings
    bench.themes.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    job = await bench.now(job)
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, ())
    assert await topics(bench, job) == bench.themes.topics
    assert bench.engine.heard == [0]  # not heard again


async def test_topics_that_are_there_are_not_looked_for_again(bench: Workbench) -> None:
    bench.embedder.trouble = EngineError("no model")
    job = await worked_off(bench)
    assert {warning.code for warning in job.warnings} <= INDEX_WARNINGS
    bench.embedder.trouble = None
    await bench.service().retry(job.job_id)
    await bench.worker().run_once()
    assert (await bench.now(job)).warnings == ()
    assert len(bench.themes.asked) == 1
