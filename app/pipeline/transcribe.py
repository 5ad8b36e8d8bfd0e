"""Windows of speech to a transcript: several windows at once, each finished one committed."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import asdict, replace
from functools import partial

from app.domain import crashpoints
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow, Span
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Segment,
    Transcript,
    WindowTranscript,
)
from app.pipeline.report import Stopping
from app.pipeline.schedule import Turns
from app.pipeline.speech import only_speech
from app.ports import TranscriptionEngine, WindowJournal

#: Raise it when windows are cut or decoded another way: results of old cuts are not mixed in.
CUT = 7
#: Below this confidence the first speech does not decide: each window is heard in its own language.
SURE = 0.5
#: Windows in line for each that the engine can hear at once: a batch is of one context, and
#: contexts are six. With 1 a batch of eight is of five.
AHEAD = 3


async def transcribe(
    windows: AsyncIterator[AudioWindow],
    turns: Turns,
    options: DecodingOptions,
    *,
    job_id: str,
    journal: WindowJournal,
    reached: Callable[[float], None],
    sound: str,
    duration: Callable[[], float],
    max_window: float,
    stopping: asyncio.Event | None = None,
) -> Transcript:
    """What is spoken in all windows. `reached` is told how many seconds of the medium are done.

    `sound` tells what is heard from other sound; `duration`, seconds of the medium, is asked once
    all windows are read; `max_window`: seconds at which `windows` were cut. Windows that the
    journal holds already, at the same place, are not computed again. Once `stopping` is set no
    window is begun; those under way are finished, and Stopping is raised. Raises EngineError.
    """
    engine = turns.engine
    params = params_hash(engine, options, max_window, sound)
    desk = _Desk(turns, options, job_id, params, journal, reached)
    desk.stopping = stopping or asyncio.Event()
    desk.earlier = await journal.done(job_id, params)
    detection = await desk.work(windows)
    results = [desk.results[number] for number in sorted(desk.results)]
    return Transcript(
        segments=tuple(segment for result in results for segment in result.segments),
        language_detection=_settled(detection, results),
        duration=duration(),
        provider=engine.provider,
        model=engine.model,
        repairs=tuple(result.repair for result in results if result.repair),
    )


def params_hash(
    engine: TranscriptionEngine, options: DecodingOptions, max_window: float, sound: str
) -> str:
    """Names everything that a window's place and text depend on, but how far the sound goes.

    A file that was replaced between two attempts is other `sound`, and heard anew.
    """
    named = [CUT, max_window, sound, engine.provider, engine.model, asdict(options)]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]


class ForgetfulJournal:
    """Implements `ports.WindowJournal` for work that nobody resumes."""

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        return {}

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Kept by nobody."""


class _Desk:
    """The windows of one job under way."""

    def __init__(
        self,
        turns: Turns,
        options: DecodingOptions,
        job_id: str,
        params: str,
        journal: WindowJournal,
        reached: Callable[[float], None],
    ) -> None:
        self._turns, self._options = turns, options
        self._job_id, self._params, self._journal = job_id, params, journal
        at_once = turns.engine.batch_size * turns.engine.concurrency
        #: One is in line before it is asked for.
        self._room = asyncio.Semaphore((1 + AHEAD) * at_once - 1)
        self._under_way: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._detection: LanguageDetection | None = None
        self._reach = Reach(reached)
        #: What the journal holds. A decode that broke off early cut its last window elsewhere.
        self.earlier: dict[int, tuple[Span, WindowTranscript]] = {}
        self.results: dict[int, WindowTranscript] = {}
        self.stopping = asyncio.Event()

    async def work(self, windows: AsyncIterator[AudioWindow]) -> LanguageDetection | None:
        """Until all windows are done, or one failed and those under way have ended."""
        self._reading = asyncio.create_task(self._put_in_line(windows))
        stop = asyncio.create_task(self._halt_at_a_stop())
        try:
            await self._settle()
        finally:
            await _over({self._reading, stop, *self._under_way})
        if self._error:
            raise self._error
        return self._detection

    async def _settle(self) -> None:
        """What fails before a window is in line harms none that is there already."""
        await asyncio.wait({self._reading})
        if not self._reading.cancelled():
            self._error = self._error or self._reading.exception()
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _put_in_line(self, windows: AsyncIterator[AudioWindow]) -> None:
        """As many as keep the engine busy; what comes after them is not read yet."""
        async for window in self._wanted(windows):
            task = self._turns.hear(window, self._options, partial(self._keep, window))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
            await self._room.acquire()

    async def _wanted(self, windows: AsyncIterator[AudioWindow]) -> AsyncIterator[AudioWindow]:
        """Those that are not done yet; the language is known before the first goes out."""
        async for window in windows:
            self._reach.read(window)
            if window.number == 0:
                self._detection = await self._detect(window)
            span, result = self.earlier.get(window.number, (None, None))
            if result is not None and span == window.span:
                self._finished(window, result)
            else:
                yield window

    async def _detect(self, window: AudioWindow) -> LanguageDetection | None:
        """The first speech decides for the whole medium if it is sure, unless the client said."""
        if self._options.language:
            return LanguageDetection(language=self._options.language, confidence=1.0)
        detection = await self._turns.detect_language(window)
        if detection and detection.confidence >= SURE:
            self._options = replace(self._options, language=detection.language)
        return detection

    async def _keep(self, window: AudioWindow, heard: WindowTranscript) -> None:
        result = only_speech(heard)
        crashpoints.reached("window.transcribed")
        await self._journal.record(self._job_id, self._params, window, result)
        self._finished(window, result)

    def _finished(self, window: AudioWindow, result: WindowTranscript) -> None:
        self.results[window.number] = result
        self._reach.done(window)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()):
            self._error = self._error or error
            if not self._turns.ended:  # else whoever did that lets the reading come to its end
                self._halt(error)

    def _halt(self, error: BaseException) -> None:
        """Begin no more. Those under way are finished even if one failed: their work is kept."""
        if self._reading.cancel():
            self._error = self._error or error
        self._turns.withdraw(error)

    async def _halt_at_a_stop(self) -> None:
        await self.stopping.wait()
        self._halt(Stopping("the service stops"))


class Reach:
    """How far a job has come, whose windows are read in order and done in any."""

    def __init__(self, told: Callable[[float], None]) -> None:
        """`told` hears how many seconds of the medium are done."""
        self._told = told
        self._read_until = self._seconds = 0.0
        #: What is done with each: it, and the silence before it.
        self._shares: dict[int, float] = {}

    def read(self, window: AudioWindow) -> None:
        self._shares[window.number] = window.end - self._read_until
        self._read_until = window.end

    def done(self, window: AudioWindow) -> None:
        self._seconds += self._shares.pop(window.number)
        self._told(self._seconds)


async def _over(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _settled(
    first: LanguageDetection | None, results: Sequence[WindowTranscript]
) -> LanguageDetection | None:
    spoken = {result.language for result in results if result.language and result.segments}
    if first and (first.confidence >= SURE or spoken <= {first.language}):
        return first
    return _by_window(results) or first


def _by_window(results: Sequence[WindowTranscript]) -> LanguageDetection | None:
    """The language in which most of the time was spoken, by what the engine said per window."""
    seconds: dict[str, float] = defaultdict(float)
    for result in results:
        if result.language:
            seconds[result.language] += sum(_length(segment) for segment in result.segments)
    whole = sum(seconds.values())
    if not whole:
        return None
    guesses = [
        LanguageGuess(language=code, confidence=share / whole) for code, share in seconds.items()
    ]
    best, *others = sorted(guesses, key=lambda guess: -guess.confidence)
    return LanguageDetection(
        language=best.language, confidence=best.confidence, alternatives=tuple(others)
    )


def _length(segment: Segment) -> float:
    return segment.end - segment.start
