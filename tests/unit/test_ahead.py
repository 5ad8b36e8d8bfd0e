"""Passages are embedded while what follows them is heard; the last step makes what is missing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.domain.errors import EngineError
from app.domain.media import AudioWindow
from app.domain.transcript import Segment, WindowTranscript
from app.pipeline.ahead import BATCH, Ahead
from app.pipeline.moments import join, split
from app.pipeline.transcribe import ForgetfulJournal
from tests.fakes import FakeEngine, MemoryJournal
from tests.unit.workbench import Counting, Workbench, opened, until

#: Seconds of a window: more than a pause behind what is said in it.
LENGTH = 10.0


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        bench.engine = FakeEngine(concurrency=1)
        yield bench


def window(number: int) -> AudioWindow:
    return AudioWindow(number=number, path=Path("sound"), first_sample=0, samples=1)


def result(number: int, *texts: str) -> WindowTranscript:
    """One sentence after the other, two seconds each, without a pause."""
    starts = [number * LENGTH + 2.0 * place for place in range(len(texts))]
    return WindowTranscript(
        number=number,
        segments=tuple(
            Segment(start=start, end=start + 2.0, text=text)
            for start, text in zip(starts, texts, strict=True)
        ),
    )


def talk(windows: int) -> list[WindowTranscript]:
    """Five passages each: what one window says last stands once the next begins."""
    return [
        result(number, *(f"This is sentence {number}.{place}." for place in range(5)))
        for number in range(windows)
    ]


def passages(results: Sequence[WindowTranscript]) -> list[str]:
    segments = (segment for each in results for segment in each.segments)
    return [passage.text for passage in join(piece for each in segments for piece in split(each))]


async def follow(ahead: Ahead, results: Sequence[WindowTranscript]) -> None:
    journal = ahead.overhear(ForgetfulJournal())
    for each in results:
        await journal.record("job", "params", window(each.number), each)


async def test_passages_that_stand_are_embedded_in_small_batches() -> None:
    embedder, results = Counting(), talk(9)
    ahead = Ahead(embedder)
    await follow(ahead, results)
    whole = passages(results)
    await until(lambda: len(embedder.asked) == len(whole) // BATCH * BATCH)
    assert embedder.asked == whole[: len(embedder.asked)]
    assert list(await ahead.vectors()) == embedder.asked


async def test_in_whatever_order_windows_come_only_what_has_none_missing_before_it_stands() -> None:
    embedder, results = Counting(), talk(6)
    ahead = Ahead(embedder)
    journal = ahead.overhear(ForgetfulJournal())
    for each in results[:0:-1]:
        await journal.record("job", "params", window(each.number), each)
    await asyncio.sleep(0)
    assert embedder.asked == []
    await journal.record("job", "params", window(0), results[0])
    await until(lambda: len(embedder.asked) == len(passages(results)) // BATCH * BATCH)
    assert embedder.asked == passages(results)[: len(embedder.asked)]


async def test_a_passage_that_may_still_grow_is_not_embedded() -> None:
    embedder = Counting()
    ahead = Ahead(embedder)
    results = [result(number, *["No end"] * 5) for number in range(2)]
    grown = [*talk(1), *results]
    await follow(ahead, grown)
    await ahead.vectors()
    assert set(embedder.asked) <= set(passages(grown))


async def test_windows_of_an_earlier_attempt_count() -> None:
    embedder, kept, results = Counting(), MemoryJournal(), talk(4)
    for each in results:
        await kept.record("job", "params", window(each.number), each)
    ahead = Ahead(embedder)
    assert len(await ahead.overhear(kept).done("job", "params")) == 4
    await until(lambda: embedder.asked == passages(results)[: len(passages(results)) // 8 * 8])


async def test_no_call_is_begun_before_the_model_is_loaded() -> None:
    embedder = Counting()
    embedder.ready = False
    ahead = Ahead(embedder)
    await follow(ahead, talk(4))
    assert await ahead.vectors() == {} and embedder.asked == []


async def test_a_failure_is_nobodys_business_and_ends_it() -> None:
    embedder = Counting()
    embedder.trouble = EngineError("no")
    ahead = Ahead(embedder)
    await follow(ahead, talk(9))
    await until(lambda: embedder.asked != [] and embedder.at_work == 0)
    assert await ahead.vectors() == {}
    assert len(embedder.asked) == BATCH


async def test_what_cannot_be_followed_is_recorded_all_the_same() -> None:
    class Odd:
        """No segments at all."""

        number = 0

    kept = MemoryJournal()
    recorded: list[int] = []

    class Journal(MemoryJournal):
        async def record(
            self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
        ) -> None:
            recorded.append(window.number)

    journal = Ahead(Counting()).overhear(Journal())
    await journal.record("job", "params", window(0), Odd())  # type: ignore[arg-type]
    assert recorded == [0] and kept.kept == {}


async def test_vectors_are_waited_for_only_as_long_as_one_call_takes() -> None:
    embedder = Counting()
    embedder.hold.clear()
    ahead = Ahead(embedder)
    await follow(ahead, talk(9))
    await until(lambda: embedder.at_work == 1)
    asking = asyncio.create_task(ahead.vectors())
    await asyncio.sleep(0)
    embedder.hold.set()
    assert list(await asking) == embedder.asked == passages(talk(9))[:BATCH]


async def test_once_it_is_closed_the_call_under_way_is_finished_and_none_begun() -> None:
    embedder = Counting()
    embedder.hold.clear()
    ahead = Ahead(embedder)
    await follow(ahead, talk(9))
    await until(lambda: embedder.at_work == 1)
    ahead.close()
    assert embedder.at_work == 1, "cancelled, its worker would be killed"
    embedder.hold.set()
    assert len(await ahead.vectors()) == len(embedder.asked) == BATCH


class Talker(FakeEngine):
    """Says five sentences in each window."""

    def _result(self, window: AudioWindow, options: object) -> WindowTranscript:
        self.heard.append(window.number)
        starts = [window.start + 0.2 * place for place in range(5)]
        return WindowTranscript(
            number=window.number,
            segments=tuple(
                Segment(
                    start=start, end=start + 0.2, text=f"Sentence {start:.1f} is long enough " * 5
                )
                for start in starts
            ),
        )


@pytest.mark.parametrize("trouble", [None, EngineError("no")], ids=["well", "badly"])
async def test_a_job_embeds_each_passage_once_and_most_of_them_ahead(
    bench: Workbench, trouble: Exception | None
) -> None:
    bench.engine = Talker(concurrency=1)
    bench.embedder.trouble = trouble
    job = await bench.upload(100.0)
    ahead: list[int] = []
    save = bench.transcripts.save

    async def saved(*given: object) -> None:
        ahead.append(len(bench.embedder.asked))
        await save(*given)  # type: ignore[arg-type]

    bench.transcripts.save = saved  # type: ignore[method-assign, assignment]
    await bench.worker().run_once()
    moments = [moment.text for moment, _ in bench.index.kept[job.job_id]]
    assert len(moments) > 4 * BATCH and ahead[0] >= BATCH
    now = await bench.now(job)
    vectors = [vector for _, vector in bench.index.kept[job.job_id]]
    if trouble:
        assert [warning.code for warning in now.warnings] == ["embedding.failed"]
        assert vectors == [None] * len(moments)
    else:
        assert bench.embedder.asked == list(dict.fromkeys(moments)) and None not in vectors
