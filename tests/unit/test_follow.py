"""Following a job: what is told of it, in which order, and from where on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.domain.errors import NotFound
from app.domain.jobs import Job
from app.domain.media import AudioWindow
from app.domain.transcript import Segment, Transcript, WindowTranscript
from app.services.follow import EventKind, JobEvent, JobFollower
from tests.contracts.jobs import claim
from tests.unit.workbench import Workbench, opened

PARAMS = "0123456789abcdef"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


@pytest.fixture
async def job(bench: Workbench) -> Job:
    return await claim(bench.store, await bench.upload(1.0))


def a_follower(bench: Workbench) -> JobFollower:
    return JobFollower(bench.store, bench.transcripts, bench.watch)


def segments(number: int, count: int = 2) -> tuple[Segment, ...]:
    """Of the window with this number."""
    return tuple(
        Segment(start=number * 10.0 + each, end=number * 10.0 + each + 1, text=f"{number}.{each}")
        for each in range(count)
    )


async def finish(
    bench: Workbench, job: Job, number: int, count: int = 2, params: str = PARAMS
) -> None:
    window = AudioWindow(
        number=number, path=Path("x"), first_sample=number * 160_000, samples=160_000
    )
    result = WindowTranscript(number=number, segments=segments(number, count))
    await bench.journal.record(job.job_id, params, window, result)
    bench.watch.tell(job.job_id)


async def complete(bench: Workbench, job: Job, windows: int) -> None:
    whole = tuple(each for number in range(windows) for each in segments(number))
    transcript = Transcript(
        segments=whole, language_detection=None, duration=1.0, provider="p", model="m"
    )
    await bench.transcripts.save(job, transcript)
    assert await bench.store.succeed(job, output_path="x")
    bench.watch.tell(job.job_id)


async def texts(bench: Workbench, job: Job, after: int = 0) -> list[tuple[int, str]]:
    """Number and text of all segments that are told from there to the end."""
    events = [event async for event in a_follower(bench).follow(job.job_id, after)]
    assert events[-1].kind is EventKind.DONE
    return [(each.told, each.segment.text) for each in events if each.segment]


async def test_segments_come_in_order_though_windows_do_not(bench: Workbench, job: Job) -> None:
    told: list[JobEvent] = []

    async def follow() -> None:
        async for event in a_follower(bench).follow(job.job_id):
            told.append(event)

    def heard() -> list[str]:
        return [event.segment.text for event in told if event.segment]

    following = asyncio.create_task(follow())
    for number, expected in ((2, 0), (1, 0), (0, 6), (4, 6), (3, 10)):
        await finish(bench, job, number)
        async with asyncio.timeout(30):
            while len(heard()) < expected:  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert len(heard()) == expected
    await complete(bench, job, 5)
    await following
    assert heard() == [each.text for number in range(5) for each in segments(number)]
    assert [event.told for event in told if event.segment] == list(range(1, 11))
    assert [event.kind for event in told].count(EventKind.DONE) == 1


async def test_who_comes_back_at_any_point_misses_nothing_and_hears_nothing_twice(
    bench: Workbench, job: Job
) -> None:
    for number, count in enumerate((2, 0, 3, 1)):
        await finish(bench, job, number, count)
    async with aclosing(a_follower(bench).follow(job.job_id)) as events:
        whole = [(await anext(events)) for _ in range(8)][2:]
    for after in range(7):
        async with aclosing(a_follower(bench).follow(job.job_id, after)) as events:
            rest = [(await anext(events)) for _ in range(8 - after)][2:]
        assert [(each.told, each.segment) for each in rest] == [
            (each.told, each.segment) for each in whole[after:]
        ]


async def test_an_ended_job_tells_what_is_left_and_closes(bench: Workbench, job: Job) -> None:
    await complete(bench, job, 2)
    whole = [(1, "0.0"), (2, "0.1"), (3, "1.0"), (4, "1.1")]
    for after in range(6):
        assert await texts(bench, job, after) == whole[after:]


async def test_a_failed_job_tells_what_was_heard_without_a_gap(bench: Workbench, job: Job) -> None:
    await finish(bench, job, 0)
    await finish(bench, job, 2)
    assert await bench.store.cancel(job.job_id)
    assert await texts(bench, job) == [(1, "0.0"), (2, "0.1")]


async def test_an_attempt_that_cuts_otherwise_goes_on_behind_what_was_told(
    bench: Workbench, job: Job
) -> None:
    await finish(bench, job, 0)
    await finish(bench, job, 1)
    events = a_follower(bench).follow(job.job_id)
    first = [await anext(events) for _ in range(6)]
    assert [each.segment.text for each in first if each.segment] == ["0.0", "0.1", "1.0", "1.1"]
    assert await bench.store.release(job)
    again = await claim(bench.store, await bench.now(job), boot_id="boot-2")
    assert await bench.store.note_progress(again, 0.5)
    for number in range(2):
        await finish(bench, again, number, count=3, params="another")
    rest = [await anext(events) for _ in range(3)]
    await complete(bench, again, 4)
    rest += [event async for event in events]
    assert [(each.told, each.segment.text) for each in rest if each.segment] == [
        (5, "1.1"),
        (6, "1.2"),
        (7, "3.0"),
        (8, "3.1"),
    ]
    assert rest[-1].kind is EventKind.DONE


async def test_there_is_nothing_to_follow_of_an_unknown_job(bench: Workbench) -> None:
    with pytest.raises(NotFound):
        await anext(a_follower(bench).follow("00000000-0000-4000-8000-000000000000"))


async def test_following_ends_when_the_job_is_deleted(bench: Workbench) -> None:
    job = await bench.upload(1.0)
    following = a_follower(bench).follow(job.job_id)
    assert (await anext(following)).kind is EventKind.STATE
    assert await bench.store.delete(job.job_id)
    bench.watch.tell(job.job_id)
    rest = [event async for event in following]
    assert EventKind.DONE not in [event.kind for event in rest]
    assert not bench.watch._waiting


async def test_following_ends_when_the_service_stops(bench: Workbench, job: Job) -> None:
    async def follow() -> list[EventKind]:
        return [event.kind async for event in a_follower(bench).follow(job.job_id)]

    following = asyncio.create_task(follow())
    async with asyncio.timeout(30):
        while not bench.watch._waiting:  # noqa: ASYNC110
            await asyncio.sleep(0)
        bench.watch.close()
        assert EventKind.DONE not in await following
        assert EventKind.DONE not in await follow()  # who comes only now
