"""Windows of several jobs on one engine: in whose order, in which calls, and at whose cost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from pathlib import Path

import pytest

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineCrashed, EngineError, EngineHung
from app.domain.jobs import Priority
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import LanguageDetection, Transcript, WindowTranscript
from app.pipeline.batches import Standing
from app.pipeline.report import Stopping
from app.pipeline.schedule import Schedule, Schedules
from app.pipeline.transcribe import AHEAD, ForgetfulJournal, transcribe
from app.ports import WindowJournal
from tests.fakes import FakeEngine, MemoryJournal, each
from tests.unit.workbench import until

ENGLISH = DecodingOptions(language="en")
JOB: ContextVar[str] = ContextVar("job", default="none")


class Listener(FakeEngine):
    """Tells calls by the jobs whose windows they hold. `release` ends the oldest call."""

    def __init__(self, *, concurrency: int = 1, batch_size: int = 1) -> None:
        super().__init__(concurrency=concurrency, batch_size=batch_size)
        #: Of each call, a letter for each window: its job.
        self.calls: list[str] = []
        self.under_way: list[asyncio.Future[None]] = []
        self.cancelled: list[str] = []
        #: For a job: with what a call ends that holds a window of it.
        self.guilty: dict[str, Exception] = {}
        #: In which job's name each call was made.
        self.names: list[str] = []
        self.detections = 0

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        self.detections += 1
        await self._held(window.path.stem + "?")
        return await super().detect_language(window)

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        jobs = "".join(window.path.stem for window in windows)
        self.names.append(JOB.get())
        await self._held(jobs)
        for job in sorted(set(jobs)):
            if job in self.guilty:
                raise self.guilty[job]
        return await super().transcribe(windows, options)

    async def _held(self, call: str) -> None:
        self.calls.append(call)
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.append(end)
        try:
            await end
        except asyncio.CancelledError:
            self.cancelled.append(call)
            raise
        finally:
            self.under_way.remove(end)

    async def release(self, calls: int = 1) -> None:
        for _ in range(calls):
            await until(lambda: bool(self.under_way))
            end = self.under_way[0]
            end.set_result(None)
            await until(lambda gone=end: gone not in self.under_way)  # type: ignore[misc]

    async def release_all(self, job: "asyncio.Task[Transcript]") -> None:
        while not job.done():
            if self.under_way and not self.under_way[0].done():
                self.under_way[0].set_result(None)
            await asyncio.sleep(0)

    async def began(self, calls: int) -> None:
        await until(lambda: len(self.calls) == calls)


def windows(job: str, count: int, seconds: float = 5.0) -> list[AudioWindow]:
    return [
        AudioWindow(
            number=number,
            path=Path(f"{job}.s16le"),
            first_sample=number * 30 * SAMPLE_RATE,
            samples=round(seconds * SAMPLE_RATE),
        )
        for number in range(count)
    ]


def begun(
    schedule: Schedule,
    job: str,
    count: int | AsyncIterator[AudioWindow],
    *,
    priority: Priority = Priority.NORMAL,
    owner: str | None = None,
    seconds: float = 5.0,
    options: DecodingOptions = ENGLISH,
    journal: WindowJournal | None = None,
    stopping: asyncio.Event | None = None,
) -> "asyncio.Task[Transcript]":
    async def heard() -> Transcript:
        JOB.set(job)
        standing = Standing(priority=priority, owner=owner)
        async with schedule.turns(standing) as turns:
            return await transcribe(
                each(windows(job, count, seconds)) if isinstance(count, int) else count,
                turns,
                options,
                job_id=job,
                journal=journal or ForgetfulJournal(),
                reached=lambda _: None,
                sound=job,
                duration=lambda: 100.0,
                max_window=28.0,
                stopping=stopping,
            )

    return asyncio.create_task(heard())


async def settled() -> None:
    """All that can happen now has."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_clip_that_somebody_waits_for_goes_before_all_that_wait() -> None:
    engine = Listener()
    schedule = Schedule(engine)
    long = begun(schedule, "l", 20)
    later = begun(schedule, "b", 20, priority=Priority.BATCH)
    await engine.began(1)
    clip = begun(schedule, "c", 1, priority=Priority.INTERACTIVE)
    await settled()
    await engine.release(2)
    assert len((await clip).segments) == 1
    assert engine.calls[:2] == ["l", "c"]
    assert not long.done() and not later.done()
    await engine.release_all(later)
    assert "".join(engine.calls[2:]) == "l" * 19 + "b" * 20
    assert len((await long).segments) == 20


async def test_keys_take_turns_and_then_the_jobs_of_a_key() -> None:
    engine = Listener()
    schedule = Schedule(engine)
    jobs = [
        begun(schedule, job, 3, owner=owner)
        for job, owner in (("a", "ann"), ("b", "ann"), ("c", "carl"))
    ]
    await settled()
    for job in jobs:
        await engine.release_all(job)
    assert "".join(engine.calls) == "acbcacbab"


async def test_windows_of_several_jobs_fill_a_call() -> None:
    engine = Listener(batch_size=4)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 2) for job in "abcd"]
    await settled()
    for job in jobs:
        await engine.release_all(job)
    assert engine.calls == ["abcd", "abcd"]
    assert [len(job.result().segments) for job in jobs] == [2, 2, 2, 2]


async def test_each_job_gets_its_own_words_of_a_call_that_they_share() -> None:
    class Tells(Listener):
        def said(self, window: AudioWindow) -> str:
            return f"{window.path.stem}{window.number}"

    engine = Tells(batch_size=4)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 2) for job in "ab"]
    for job in jobs:
        await engine.release_all(job)
    assert [job.result().text for job in jobs] == ["a0 a1", "b0 b1"]


async def test_all_jobs_together_have_as_many_calls_under_way_as_the_engine_takes() -> None:
    engine = Listener(concurrency=2)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 3) for job in "abc"]
    await settled()
    assert engine.calls == ["a", "b"] and len(engine.under_way) == 2
    for job in jobs:
        await engine.release_all(job)
    assert engine.most_at_work <= 2


async def test_the_last_windows_of_several_jobs_are_shared_out() -> None:
    engine = Listener(concurrency=2, batch_size=4)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 2) for job in "ab"]
    await settled()
    assert engine.calls == ["ab", "ab"]
    for job in jobs:
        await engine.release_all(job)


async def test_each_job_keeps_only_few_windows_in_line() -> None:
    read = {"a": 0, "b": 0}

    async def counted(job: str) -> AsyncIterator[AudioWindow]:
        for window in windows(job, 100):
            read[job] += 1
            yield window

    engine = Listener(concurrency=2, batch_size=2)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, counted(job)) for job in "ab"]
    await settled()
    few = (1 + AHEAD) * 2 * 2
    assert read == {"a": few, "b": few}
    for job in jobs:
        job.cancel()
    await asyncio.wait(jobs)


async def test_no_window_begins_before_those_of_the_last_call_are_kept() -> None:
    """A death costs what was under way, and no more."""

    class Slow(MemoryJournal):
        def __init__(self) -> None:
            super().__init__()
            self.open = asyncio.Event()

        async def record(
            self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
        ) -> None:
            await self.open.wait()
            await super().record(job_id, params_hash, window, result)

    engine, journal = Listener(), Slow()
    job = begun(Schedule(engine), "a", 2, journal=journal)
    await engine.release(1)
    await settled()
    assert engine.calls == ["a"]
    journal.open.set()
    await engine.release_all(job)
    assert engine.calls == ["a", "a"]


async def test_windows_that_the_journal_holds_are_not_put_in_line() -> None:
    engine, journal = Listener(), MemoryJournal()
    schedule = Schedule(engine)
    first = begun(schedule, "a", 3, journal=journal)
    await engine.release_all(first)
    again = begun(schedule, "a", 5, journal=journal)
    await engine.release_all(again)
    assert engine.calls == ["a"] * 5
    assert len(again.result().segments) == 5


async def test_the_first_window_follows_on_its_language() -> None:
    """Who waits for a clip waits once for a free place, not twice."""
    engine = Listener()
    schedule = Schedule(engine)
    long = begun(schedule, "l", 20)
    await engine.began(1)
    clip = begun(schedule, "c", 1, priority=Priority.INTERACTIVE, options=DecodingOptions())
    await settled()
    await engine.release(3)
    assert engine.calls[:3] == ["l", "c?", "c"]
    await clip
    long.cancel()
    await asyncio.wait({long})


async def test_a_cancelled_job_takes_its_windows_out_of_the_line() -> None:
    engine = Listener()
    schedule = Schedule(engine)
    stays, goes = begun(schedule, "s", 3), begun(schedule, "g", 3)
    await engine.began(1)
    goes.cancel()
    await asyncio.wait({goes})
    await engine.release_all(stays)
    assert engine.calls == ["s", "s", "s"] and engine.cancelled == []


async def test_a_cancelled_job_ends_a_call_of_its_own() -> None:
    engine = Listener(batch_size=4)
    schedule = Schedule(engine)
    goes = begun(schedule, "g", 4)
    await engine.began(1)
    goes.cancel()
    await asyncio.wait({goes})
    assert engine.cancelled == ["gggg"] and engine.under_way == []


async def test_a_cancelled_job_leaves_a_call_alone_that_others_have_windows_in() -> None:
    engine = Listener(batch_size=4)
    schedule = Schedule(engine)
    stays, goes = begun(schedule, "s", 2), begun(schedule, "g", 2)
    await engine.began(1)
    goes.cancel()
    await asyncio.wait({goes})
    assert engine.cancelled == []
    await engine.release(1)
    assert len((await stays).segments) == 2
    assert engine.calls == ["sgsg"]


async def test_a_call_ends_when_all_its_jobs_are_cancelled() -> None:
    engine = Listener(batch_size=4)
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 2) for job in "ab"]
    await engine.began(1)
    for job in jobs:
        job.cancel()
        await asyncio.wait({job})
    assert engine.cancelled == ["abab"] and engine.under_way == []


async def test_a_job_that_is_cancelled_while_it_waits_for_its_language_leaves_the_line() -> None:
    engine = Listener()
    schedule = Schedule(engine)
    stays = begun(schedule, "s", 2)
    await engine.began(1)
    goes = begun(schedule, "g", 2, options=DecodingOptions())
    await settled()
    goes.cancel()
    await asyncio.wait({goes})
    await engine.release_all(stays)
    assert engine.calls == ["s", "s"]


@pytest.mark.parametrize("error", [EngineCrashed, EngineHung, EngineError], ids=lambda e: e.code)
async def test_a_call_that_fails_with_windows_of_several_costs_only_the_guilty(
    error: type[EngineError],
) -> None:
    engine = Listener(batch_size=4)
    engine.guilty = {"g": error("it was g")}
    schedule = Schedule(engine)
    innocent, guilty = begun(schedule, "i", 2), begun(schedule, "g", 2)
    await engine.release_all(innocent)
    await engine.release_all(guilty)
    assert engine.calls == ["igig", "ii", "gg"]
    assert len(innocent.result().segments) == 2
    assert guilty.exception() is engine.guilty["g"]


async def test_after_a_shared_failure_the_innocent_share_calls_again() -> None:
    engine = Listener(batch_size=2)
    engine.guilty = {"g": EngineCrashed("it was g")}
    schedule = Schedule(engine)
    jobs = [begun(schedule, "a", 4), begun(schedule, "g", 1), begun(schedule, "b", 4)]
    for job in jobs:
        await engine.release_all(job)
    assert [job.exception() is None for job in jobs] == [True, False, True]
    assert "ab" in engine.calls or "ba" in engine.calls


async def test_a_cancelled_job_is_not_held_against_those_in_its_last_call() -> None:
    """Its file goes with it, and the worker may miss it."""
    engine = Listener(batch_size=4)
    schedule = Schedule(engine)
    stays, goes = begun(schedule, "s", 2), begun(schedule, "g", 2)
    await engine.began(1)
    goes.cancel()
    await asyncio.wait({goes})
    engine.guilty = {"g": EngineError("no such file")}
    await engine.release(2)
    assert len((await stays).segments) == 2
    assert engine.calls == ["sgsg", "ss"]


async def test_after_a_stop_no_window_begins_and_those_under_way_are_kept() -> None:
    engine, journal, stopping = Listener(batch_size=2), MemoryJournal(), asyncio.Event()
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 10, journal=journal, stopping=stopping) for job in "ab"]
    await engine.began(1)
    stopping.set()
    await settled()
    assert len(engine.calls) == 1
    await engine.release(1)
    await asyncio.wait(jobs)
    assert all(isinstance(job.exception(), Stopping) for job in jobs)
    assert engine.calls == ["ab"]
    assert [sorted(kept) for kept in journal.kept.values()] == [[0], [0]]


async def test_a_job_with_no_window_under_way_stops_at_once() -> None:
    engine, stopping = Listener(), asyncio.Event()
    schedule = Schedule(engine)
    busy = begun(schedule, "b", 3, stopping=stopping)
    waits = begun(schedule, "w", 3, priority=Priority.BATCH, stopping=stopping)
    await engine.began(1)
    stopping.set()
    await asyncio.wait({waits})
    assert isinstance(waits.exception(), Stopping) and not busy.done()
    await engine.release(1)
    await asyncio.wait({busy})


async def test_a_stop_before_the_first_window_begins_none() -> None:
    engine, stopping = Listener(), asyncio.Event()
    stopping.set()
    job = begun(Schedule(engine), "a", 3, stopping=stopping)
    await asyncio.wait({job})
    assert isinstance(job.exception(), Stopping) and engine.calls == []


async def test_what_failed_together_is_not_begun_again_after_a_stop() -> None:
    engine, stopping = Listener(batch_size=4), asyncio.Event()
    engine.guilty = {"g": EngineCrashed("it was g")}
    schedule = Schedule(engine)
    jobs = [begun(schedule, job, 2, stopping=stopping) for job in "ig"]
    await engine.began(1)
    stopping.set()
    await engine.release(1)
    await asyncio.wait(jobs)
    assert engine.calls == ["igig"]
    assert all(isinstance(job.exception(), Stopping) for job in jobs)


async def test_a_call_that_the_engine_drops_fails_its_job() -> None:
    class Drops(FakeEngine):
        async def transcribe(
            self, windows: Sequence[AudioWindow], options: DecodingOptions
        ) -> Sequence[WindowTranscript | None]:
            raise asyncio.CancelledError

    job = begun(Schedule(Drops()), "a", 1)
    await asyncio.wait({job})
    assert isinstance(job.exception(), EngineError)


async def test_a_call_that_heard_none_of_its_windows_fails_its_job() -> None:
    class Deaf(FakeEngine):
        async def transcribe(
            self, windows: Sequence[AudioWindow], options: DecodingOptions
        ) -> Sequence[WindowTranscript | None]:
            return [None] * len(windows)

    job = begun(Schedule(Deaf(batch_size=2)), "a", 3)
    await asyncio.wait({job}, timeout=30)
    with pytest.raises(EngineError, match="heard none of the windows"):
        job.result()


async def test_a_fault_beside_the_call_of_an_engine_fails_its_job_and_hangs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def torn(*_: object) -> None:
        raise RuntimeError("the line is torn")

    schedule = Schedule(FakeEngine(batch_size=4))
    monkeypatch.setattr(schedule, "_put_back", torn)
    job = begun(schedule, "a", 4)
    await asyncio.wait({job}, timeout=30)
    with pytest.raises(EngineError, match="the line is torn"):
        job.result()


async def test_a_call_is_logged_under_its_job_and_a_shared_one_under_none() -> None:
    engine = Listener(batch_size=2)
    schedule = Schedule(engine)
    alone = begun(schedule, "a", 2)
    await engine.release_all(alone)
    together = [begun(schedule, job, 1) for job in "bc"]
    for job in together:
        await engine.release_all(job)
    assert engine.calls == ["aa", "bc"]
    assert engine.names == ["a", "none"]


async def test_jobs_on_one_engine_share_a_schedule_which_goes_with_the_last() -> None:
    schedules, engine, other = Schedules(), Listener(concurrency=1), Listener(concurrency=1)
    async with schedules.turns(engine, Standing()) as first:
        async with (
            schedules.turns(engine, Standing()) as second,
            schedules.turns(other, Standing()) as third,
        ):
            heard: list[WindowTranscript] = []

            async def keep(result: WindowTranscript) -> None:
                heard.append(result)

            kept = [
                turns.hear(window, ENGLISH, keep)
                for turns, job in ((first, "a"), (second, "b"), (third, "c"))
                for window in windows(job, 1)
            ]
            await settled()
            assert (engine.calls, other.calls) == (["a"], ["c"])
            await other.release(1)
            await engine.release(2)
            await asyncio.gather(*kept)
            assert [result.number for result in heard] == [0, 0, 0]
    assert schedules.engines == frozenset()


class Hasty(Listener):
    """Gives way as soon as it is asked: of each call one window is heard."""

    def give_way(self) -> None:
        super().give_way()
        for end in self.under_way:
            if not end.done():
                end.set_result(None)

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        asked = self.asked_to_give_way
        heard = await super().transcribe(windows, options)
        return heard if self.asked_to_give_way == asked else [heard[0], *[None] * len(heard[1:])]


async def test_a_long_call_gives_way_to_who_is_in_a_hurry_and_goes_on_after_it() -> None:
    engine = Hasty(batch_size=4)
    schedule = Schedule(engine)
    long = begun(schedule, "l", 6)
    await engine.began(1)
    clip = begun(schedule, "c", 1, priority=Priority.INTERACTIVE)
    await engine.began(2)
    assert engine.calls == ["llll", "c"] and engine.asked_to_give_way == 1
    await engine.release_all(clip)
    await engine.release_all(long)
    assert engine.calls == ["llll", "c", "llll", "l"]
    assert [segment.start for segment in (await long).segments] == [30.0 * n for n in range(6)]


async def test_nobody_gives_way_to_his_like_or_while_there_is_room() -> None:
    engine = Hasty(concurrency=2, batch_size=4)
    schedule = Schedule(engine)
    jobs = [begun(schedule, "l", 1, priority=Priority.BATCH)]
    await engine.began(1)
    jobs.append(begun(schedule, "i", 1, priority=Priority.INTERACTIVE))
    await engine.began(2)
    jobs.append(begun(schedule, "b", 1, priority=Priority.BATCH))
    await settled()
    assert engine.asked_to_give_way == 0
    for job in jobs:
        await engine.release_all(job)


async def test_who_has_to_stop_does_not_wait_for_all_of_a_long_call() -> None:
    engine, journal, stopping = Hasty(batch_size=4), MemoryJournal(), asyncio.Event()
    schedule = Schedule(engine)
    job = begun(schedule, "a", 6, journal=journal, stopping=stopping)
    await engine.began(1)
    stopping.set()
    with pytest.raises(Stopping):
        await job
    [kept] = journal.kept.values()
    assert engine.calls == ["aaaa"] and list(kept) == [0]
