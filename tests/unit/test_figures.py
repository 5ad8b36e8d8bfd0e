"""Figures of taking in, as somebody follows them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.adapters.sql.census import SqlCensus
from app.domain.errors import Unavailable
from app.domain.index_state import IndexState
from app.domain.jobs import JobStatus
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import WindowTranscript
from app.services.figures import Figures, IngestionFigures
from app.services.heard import CountingJournal
from app.services.indexer import Indexer
from app.services.seldom import SHARE, Seldom
from tests.fakes import MemoryJournal
from tests.herepool import HerePool
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Clock:
    """Each look at it is `step` seconds later."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def followed(
    bench: Workbench, step: float, heard: Callable[[], float] | None = None
) -> IngestionFigures:
    async def index() -> IndexState:
        raise Unavailable("still loading")

    async def data_bytes() -> int:
        return 1000

    return IngestionFigures(
        store=bench.store,
        assets=bench.assets,
        queue=bench.queue,
        indexer=Indexer(bench.books, bench.embedder, bench.index, bench.watch),
        disk=bench.disk,
        watch=bench.watch,
        pool=HerePool(),
        heard=heard or (lambda: 0.0),
        index=index,
        data_bytes=data_bytes,
        running=SqlCensus(bench.store._database).running,
        timer=Clock(step),
    )


async def lines(bench: Workbench, step: float, count: int) -> list[Figures]:
    """A job is taken in and cancelled before each."""
    told = []
    async for each in followed(bench, step).follow(0, count):
        told.append(each)
        await bench.store.cancel((await bench.upload(0.1)).job_id)
    return told


async def test_rates_are_told_also_where_lines_are_more_than_a_minute_apart(
    bench: Workbench,
) -> None:
    told = await lines(bench, 100.0, 3)
    assert told[0].completed_rate is None
    assert [each.completed_rate for each in told[1:]] == [0.0, 0.0]


async def test_rows_are_counted_once_a_second_at_most(bench: Workbench) -> None:
    cancelled = [each.jobs[JobStatus.CANCELLED] for each in await lines(bench, 0.25, 4)]
    assert cancelled[1] == 0 and cancelled[-1] > 0
    assert len(set(cancelled)) < len(cancelled)


async def test_sound_that_is_heard_is_told_by_the_second(bench: Workbench) -> None:
    journal = CountingJournal(MemoryJournal())
    told = []
    async for each in followed(bench, 0.5, lambda: journal.seconds).follow(0, 3):
        told.append(each.audio_rate)
        for number in range(2):
            window = a_window(number, seconds=15)
            result = WindowTranscript(number=number, segments=(), language=None)
            await journal.record("a job", "a hash", window, result)
    assert told[0] is None
    assert told[1] is not None and told[2] is not None and 0 < told[1] <= 60
    assert journal.seconds == 90.0


async def test_what_the_journal_holds_already_is_not_heard_again() -> None:
    inner = MemoryJournal()
    result = WindowTranscript(number=0, segments=(), language=None)
    await inner.record("a job", "a hash", a_window(0, seconds=15), result)
    journal = CountingJournal(inner)
    assert (await journal.done("a job", "a hash")).keys() == {0}
    assert journal.seconds == 0.0


def a_window(number: int, seconds: int) -> AudioWindow:
    first, samples = number * seconds * SAMPLE_RATE, seconds * SAMPLE_RATE
    return AudioWindow(number=number, path=Path("none"), first_sample=first, samples=samples)


async def test_an_index_that_still_loads_has_no_size_and_the_rest_is_told(
    bench: Workbench,
) -> None:
    [line] = await lines(bench, 1.0, 1)
    assert line.index is None
    assert (line.data_bytes, line.disk_free, line.workers.total) == (1000, 1 << 40, 1)


async def test_a_slow_disk_holds_up_one_who_asks_and_no_other(bench: Workbench) -> None:
    slow = Slow()
    figures = followed(bench, 1.0)
    vars(figures)["_data_bytes"] = Seldom(slow, 30.0, lambda: slow.now)
    assert await told_bytes(figures) == 1
    slow.now, slow.done = 31.0, asyncio.Event()
    held_up = asyncio.create_task(told_bytes(figures))
    await slow.begun.wait()
    async with asyncio.timeout(60):
        assert await told_bytes(figures) == 1
    slow.done.set()
    assert await held_up == 2 == await told_bytes(figures)


async def told_bytes(figures: IngestionFigures) -> int:
    [line] = [each async for each in figures.follow(0, 1)]
    return line.data_bytes


class Slow:
    """Each answer is another; it comes once it is `done`."""

    def __init__(self) -> None:
        self.now, self.asked = 0.0, 0
        self.begun, self.done = asyncio.Event(), asyncio.Event()
        self.done.set()

    async def __call__(self) -> int:
        self.asked += 1
        if not self.done.is_set():
            self.begun.set()
        await self.done.wait()
        return self.asked


async def test_those_who_ask_first_are_told_by_one_answer() -> None:
    slow = Slow()
    seldom = Seldom(slow, 30.0, lambda: slow.now)
    assert [*await asyncio.gather(*(seldom.get() for _ in range(3)))] == [1, 1, 1]


class Dear:
    """Each answer is another, and takes `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.asked = seconds, 0.0, 0
        self.trouble: Exception | None = None

    async def __call__(self) -> int:
        self.asked += 1
        self.now += self.seconds
        if self.trouble:
            raise self.trouble
        return self.asked


async def test_what_is_dear_is_asked_only_every_so_often() -> None:
    dear = Dear(0.0)
    seldom = Seldom(dear, 30.0, lambda: dear.now)
    assert [await seldom.get(), await seldom.get()] == [1, 1]
    dear.now = 29.9
    assert await seldom.get() == 1
    dear.now = 30.0
    assert await seldom.get() == 2


async def test_what_takes_long_is_asked_the_more_seldom() -> None:
    dear = Dear(10.0)
    seldom = Seldom(dear, 30.0, lambda: dear.now)
    assert await seldom.get() == 1
    dear.now = 10.0 + SHARE * 10.0 - 0.1
    assert await seldom.get() == 1
    dear.now += 0.1
    assert await seldom.get() == 2


async def test_what_fails_is_asked_again_at_once() -> None:
    dear = Dear(0.0)
    dear.trouble = Unavailable("not yet")
    seldom = Seldom(dear, 30.0, lambda: dear.now)
    with pytest.raises(Unavailable):
        await seldom.get()
    dear.trouble = None
    assert await seldom.get() == 2


async def test_jobs_that_wait_for_a_silent_instance_are_an_alarm(bench: Workbench) -> None:
    async def stranded() -> dict[str, int]:
        return {"mill:/srv/spool": 3}

    figures = followed(bench, 1.0)
    figures.stranded = stranded
    async for each in figures.follow(0, 1):
        [alarm] = each.alarms
        assert alarm.startswith("3 jobs wait for mill:/srv/spool")
