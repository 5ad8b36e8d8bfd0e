"""Windows to a transcript: at once, in order, each kept, whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineCrashed, EngineError
from app.domain.jobs import Task
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Repair,
    Transcript,
    WindowTranscript,
)
from app.pipeline.schedule import Schedule
from app.pipeline.transcribe import AHEAD, ForgetfulJournal, params_hash, transcribe
from app.ports import WindowJournal
from tests.fakes import FakeEngine, MemoryJournal, each
from tests.unit.workbench import until

ENGLISH = LanguageDetection(language="en", confidence=0.9)


def a_window(number: int, seconds: float = 2.0) -> AudioWindow:
    """Ten seconds from one to the next."""
    return AudioWindow(
        number=number,
        path=Path("sound"),
        first_sample=number * 10 * SAMPLE_RATE,
        samples=round(seconds * SAMPLE_RATE),
    )


def some(count: int) -> list[AudioWindow]:
    return [a_window(number) for number in range(count)]


async def heard(
    engine: FakeEngine,
    windows: list[AudioWindow] | AsyncIterator[AudioWindow],
    *,
    options: DecodingOptions | None = None,
    journal: WindowJournal | None = None,
    reached: list[float] | None = None,
    max_window: float = 28.0,
) -> Transcript:
    told = reached if reached is not None else []
    async with asyncio.timeout(30), Schedule(engine).turns() as turns:
        return await transcribe(
            each(windows) if isinstance(windows, list) else windows,
            turns,
            options or DecodingOptions(),
            job_id="job",
            journal=journal or ForgetfulJournal(),
            reached=told.append,
            sound="talk",
            duration=lambda: 100.0,
            max_window=max_window,
        )


async def test_segments_come_in_the_order_of_time() -> None:
    transcript = await heard(FakeEngine(concurrency=3), some(5))
    assert transcript.text == "window 0 window 1 window 2 window 3 window 4"
    starts = [segment.start for segment in transcript.segments]
    assert starts == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert (transcript.provider, transcript.model, transcript.duration) == (
        "whisper_cpp",
        "fake",
        100.0,
    )


async def test_windows_that_end_in_another_order_are_put_in_order() -> None:
    class Backwards(FakeEngine):
        async def transcribe(
            self, windows: Sequence[AudioWindow], options: DecodingOptions
        ) -> Sequence[WindowTranscript | None]:
            for _ in range(50 - 10 * windows[0].number):
                await asyncio.sleep(0)
            return await super().transcribe(windows, options)

    engine = Backwards(concurrency=4)
    transcript = await heard(engine, some(4))
    assert engine.heard == [3, 2, 1, 0]
    assert transcript.text == "window 0 window 1 window 2 window 3"


async def test_what_is_done_ahead_of_time_does_not_count_what_is_not() -> None:
    reached: list[float] = []
    engine = FakeEngine(concurrency=1, batch_size=2)
    lengths = [9.0, 2.0, 9.0, 2.0]  # like goes with like
    windows = [a_window(number, seconds) for number, seconds in enumerate(lengths)]
    await heard(engine, windows, reached=reached)
    assert engine.batches == [[0, 2], [1, 3]]
    assert reached == [9.0, 26.0, 29.0, 32.0], "each with the silence before it"


async def test_no_more_windows_are_under_way_than_the_engine_takes() -> None:
    engine = FakeEngine(concurrency=3)
    engine.hold.clear()
    job = asyncio.create_task(heard(engine, some(10)))
    await until(lambda: engine.at_work == 3)
    engine.hold.set()
    await job
    assert engine.most_at_work == 3


async def test_windows_are_read_no_faster_than_they_are_transcribed() -> None:
    read = 0

    async def counted() -> AsyncIterator[AudioWindow]:
        nonlocal read
        for window in some(100):
            read += 1
            yield window

    engine = FakeEngine(concurrency=2)
    engine.hold.clear()
    job = asyncio.create_task(heard(engine, counted()))
    await until(lambda: engine.at_work == 2)
    assert read <= (1 + AHEAD) * 2  # under way, and in line
    engine.hold.set()
    assert len((await job).segments) == 100


async def test_few_windows_are_spread_over_all_places() -> None:
    engine = FakeEngine(concurrency=2, batch_size=4)
    await heard(engine, some(4))
    assert sorted(engine.batches) == [[0, 1], [2, 3]]


async def test_each_window_of_a_batch_is_kept_by_itself() -> None:
    engine, journal = FakeEngine(concurrency=1, batch_size=4), MemoryJournal()
    reached: list[float] = []
    transcript = await heard(engine, some(4), journal=journal, reached=reached)
    assert engine.batches == [[0, 1, 2, 3]]
    [kept] = journal.kept.values()
    assert sorted(kept) == [0, 1, 2, 3] and len(reached) == 4
    assert transcript.text == "window 0 window 1 window 2 window 3"


async def test_progress_follows_the_seconds_of_the_medium_and_never_goes_back() -> None:
    reached: list[float] = []
    await heard(FakeEngine(concurrency=3), some(5), reached=reached)
    assert reached[-1] == 42.0 and len(reached) == 5
    assert all(before <= after for before, after in pairwise(reached))


async def test_the_first_speech_decides_the_language_of_all_windows() -> None:
    engine = FakeEngine()
    transcript = await heard(engine, some(3))
    assert transcript.language_detection == ENGLISH
    assert [options.language for options in engine.options] == ["en"] * 3


class Polyglot(FakeEngine):
    """Hears German in the first window, and English in the others, if it is not told."""

    def _result(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
        heard = super()._result(window, options)
        return replace(heard, language=options.language or ("en" if window.number else "de"))


async def test_where_the_first_speech_leaves_the_language_open_each_window_tells_its_own() -> None:
    engine = Polyglot()
    engine.detection = LanguageDetection(language="nn", confidence=0.3)
    found = (await heard(engine, some(4))).language_detection
    assert [options.language for options in engine.options] == [None] * 4
    assert found is not None
    assert (found.language, found.confidence) == ("en", 0.75)
    assert [(guess.language, guess.confidence) for guess in found.alternatives] == [("de", 0.25)]


async def test_an_unsure_guess_is_told_where_nothing_else_is() -> None:
    engine = FakeEngine()
    engine.detection = LanguageDetection(language="nn", confidence=0.3)
    assert (await heard(engine, some(2))).language_detection == engine.detection


async def test_an_unsure_guess_that_every_window_bears_out_stays_as_unsure() -> None:
    engine = Polyglot()
    engine.detection = LanguageDetection(
        language="de",
        confidence=0.31,
        alternatives=(LanguageGuess(language="nl", confidence=0.3),),
    )
    assert (await heard(engine, some(1))).language_detection == engine.detection


async def test_what_was_repaired_is_told_in_the_order_of_time() -> None:
    class Mending(FakeEngine):
        def _result(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
            heard = super()._result(window, options)
            repair = Repair(start=window.start, end=window.end, reason="repetition", way="beam")
            return replace(heard, repair=repair if window.number % 2 else None)

    repairs = (await heard(Mending(concurrency=3), some(4))).repairs
    assert [repair.start for repair in repairs] == [10.0, 30.0]


async def test_a_language_that_the_client_named_is_not_detected() -> None:
    engine = FakeEngine()
    engine.detection = LanguageDetection(language="fr", confidence=1.0)
    transcript = await heard(engine, some(1), options=DecodingOptions(language="de"))
    assert transcript.language_detection == LanguageDetection(language="de", confidence=1.0)
    assert engine.options[0].language == "de"


async def test_an_engine_that_tells_the_language_by_window_is_counted_by_seconds() -> None:
    engine = Polyglot()
    engine.detection = None
    found = (await heard(engine, some(4))).language_detection
    assert found is not None
    assert (found.language, found.confidence) == ("en", 0.75)
    assert [(guess.language, guess.confidence) for guess in found.alternatives] == [("de", 0.25)]


async def test_without_speech_there_is_no_text_and_no_language() -> None:
    engine = FakeEngine()
    transcript = await heard(engine, [])
    assert (transcript.segments, transcript.language_detection) == ((), None)
    assert engine.heard == []


async def test_after_a_failure_the_windows_under_way_are_finished_and_kept() -> None:
    engine, journal = FakeEngine(concurrency=3), MemoryJournal()
    engine.failures = {1: [EngineCrashed("died")]}
    with pytest.raises(EngineCrashed, match="died"):
        await heard(engine, some(3), journal=journal)
    [kept] = journal.kept.values()
    assert sorted(kept) == [0, 2]
    assert engine.at_work == 0


async def test_after_a_failure_no_new_windows_are_begun() -> None:
    engine = FakeEngine(concurrency=1)
    engine.failures = {0: [EngineError("no")]}
    with pytest.raises(EngineError):
        await heard(engine, some(50))
    assert len(engine.heard) < 3


async def test_windows_of_the_journal_are_not_computed_again() -> None:
    engine, journal = FakeEngine(concurrency=3), MemoryJournal()
    engine.failures = {1: [EngineCrashed("died")]}
    with pytest.raises(EngineCrashed):
        await heard(engine, some(3), journal=journal)
    again = FakeEngine(concurrency=3)
    transcript = await heard(again, some(3), journal=journal)
    assert again.heard == [1]
    assert transcript.text == "window 0 window 1 window 2"
    assert transcript.language_detection == ENGLISH


async def test_a_window_that_was_cut_short_by_an_earlier_decode_is_heard_again() -> None:
    """A decoder that breaks off ends the last window where the sound ends."""
    journal = MemoryJournal()
    await heard(FakeEngine(), [a_window(0), a_window(1, 1.0)], journal=journal)
    again = FakeEngine()
    transcript = await heard(again, [a_window(0), a_window(1, 5.0), a_window(2)], journal=journal)
    assert sorted(again.heard) == [1, 2]
    assert [(each.start, each.end) for each in transcript.segments] == [
        (0.0, 2.0),
        (10.0, 15.0),
        (20.0, 22.0),
    ]
    third = FakeEngine()
    assert await heard(third, [a_window(0), a_window(1, 5.0)], journal=journal)
    assert third.heard == [], "what was heard again is kept"


async def test_a_window_that_this_decode_does_not_give_is_not_in_its_transcript() -> None:
    journal = MemoryJournal()
    await heard(FakeEngine(), some(4), journal=journal)
    transcript = await heard(FakeEngine(), some(2), journal=journal)
    assert transcript.text == "window 0 window 1"


async def test_other_cuts_models_and_options_share_no_windows() -> None:
    journal = MemoryJournal()
    await heard(FakeEngine("base"), some(2), journal=journal)
    for engine, options, max_window in (
        (FakeEngine("small"), DecodingOptions(), 28.0),
        (FakeEngine("base"), DecodingOptions(word_timestamps=True), 28.0),
        (FakeEngine("base"), DecodingOptions(), 10.0),
    ):
        await heard(engine, some(2), options=options, journal=journal, max_window=max_window)
        assert sorted(engine.heard) == [0, 1]
    assert len(journal.kept) == 4


def test_the_hash_names_everything_that_text_depends_on() -> None:
    engine = FakeEngine("base")
    other = FakeEngine("base")
    other.provider = "openai"
    hashes = [
        params_hash(engine, DecodingOptions(), 28.0, "talk"),
        params_hash(engine, DecodingOptions(), 20.0, "talk"),
        params_hash(engine, DecodingOptions(), 28.0, "other"),
        params_hash(other, DecodingOptions(), 28.0, "talk"),
        params_hash(FakeEngine("small"), DecodingOptions(), 28.0, "talk"),
        params_hash(engine, DecodingOptions(language="en"), 28.0, "talk"),
        params_hash(engine, DecodingOptions(task=Task.TRANSLATE), 28.0, "talk"),
        params_hash(engine, DecodingOptions(prompt="Ann"), 28.0, "talk"),
        params_hash(engine, DecodingOptions(word_timestamps=True), 28.0, "talk"),
    ]
    assert len(set(hashes)) == len(hashes)
    assert hashes[0] == params_hash(FakeEngine("base"), DecodingOptions(), 28.0, "talk")


async def test_nothing_works_on_when_the_job_is_cancelled() -> None:
    engine = FakeEngine(concurrency=3)
    engine.hold.clear()
    job = asyncio.create_task(heard(engine, some(5)))
    await until(lambda: engine.at_work == 3)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert engine.at_work == 0


async def test_windows_under_way_are_finished_and_kept_when_the_detector_fails() -> None:
    async def broken() -> AsyncIterator[AudioWindow]:
        yield a_window(0)
        await until(lambda: engine.at_work == 1)
        engine.hold.set()
        raise EngineError("deaf")

    engine, journal = FakeEngine(concurrency=2), MemoryJournal()
    engine.hold.clear()
    with pytest.raises(EngineError, match="deaf"):
        await heard(engine, broken(), journal=journal)
    assert engine.at_work == 0
    assert len(journal.kept) == 1
