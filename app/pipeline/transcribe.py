"""Windows of speech to a transcript: several windows at once, each finished one committed."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, replace

from app.domain import crashpoints
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Segment,
    Transcript,
    WindowTranscript,
)
from app.pipeline.batches import Batches
from app.pipeline.report import Stopping
from app.pipeline.speech import only_speech
from app.ports import TranscriptionEngine, WindowJournal

#: Raise it when windows are cut or decoded another way: results of old cuts are not mixed in.
CUT = 4


async def transcribe(
    windows: AsyncIterator[AudioWindow],
    engine: TranscriptionEngine,
    options: DecodingOptions,
    *,
    job_id: str,
    journal: WindowJournal,
    reached: Callable[[float], None],
    duration: float,
    max_window: float,
    stopping: asyncio.Event | None = None,
) -> Transcript:
    """What is spoken in all windows. `reached` is told how many seconds of the medium are done.

    `duration`: seconds of the medium; `max_window`: seconds at which `windows` were cut. Windows
    that the journal holds already are not computed again. Once `stopping` is set no window is
    begun; those under way are finished, and Stopping is raised. Raises EngineError.
    """
    params = params_hash(engine, options, max_window, duration)
    desk = _Desk(engine, options, job_id, params, journal, reached)
    desk.stopping = stopping
    desk.results = await journal.done(job_id, params)
    detection = await desk.work(windows)
    results = [desk.results[number] for number in sorted(desk.results)]
    return Transcript(
        segments=tuple(segment for result in results for segment in result.segments),
        language_detection=detection or _by_window(results, options),
        duration=duration,
        provider=engine.provider,
        model=engine.model,
    )


def params_hash(
    engine: TranscriptionEngine, options: DecodingOptions, max_window: float, duration: float
) -> str:
    """Names everything that a window's place and text depend on.

    The duration stands for the sound: a file that was replaced between two attempts is heard anew.
    """
    named = [CUT, max_window, duration, engine.provider, engine.model, asdict(options)]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]


class ForgetfulJournal:
    """Implements `ports.WindowJournal` for work that nobody resumes."""

    async def done(self, job_id: str, params_hash: str) -> dict[int, WindowTranscript]:
        return {}

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Kept by nobody."""


class _Desk:
    """The windows of one job under way."""

    def __init__(
        self,
        engine: TranscriptionEngine,
        options: DecodingOptions,
        job_id: str,
        params: str,
        journal: WindowJournal,
        reached: Callable[[float], None],
    ) -> None:
        self._engine, self._options, self._reached = engine, options, reached
        self._job_id, self._params, self._journal = job_id, params, journal
        self._places = asyncio.Semaphore(engine.concurrency)
        self._under_way: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._detection: LanguageDetection | None = None
        self._seconds = 0.0
        self.results: dict[int, WindowTranscript] = {}
        self.stopping: asyncio.Event | None = None

    async def work(self, windows: AsyncIterator[AudioWindow]) -> LanguageDetection | None:
        """Until all windows are done, or one failed and those under way have ended."""
        engine = self._engine
        batches = Batches(self._wanted(windows), size=engine.batch_size, takers=engine.concurrency)
        try:
            await self._begin_all(batches)
            await self._settle()
        finally:
            await batches.aclose()
            await self._stop()
        if self._error:
            raise self._error
        return self._detection

    async def _begin_all(self, batches: Batches) -> None:
        """What fails before a window comes to the engine harms none that is there already."""
        try:
            while await self._begin(batches):
                pass
        except Exception as error:
            self._error = self._error or error

    async def _wanted(self, windows: AsyncIterator[AudioWindow]) -> AsyncIterator[AudioWindow]:
        """Those that are not done yet; the language is known before the first goes out."""
        async for window in windows:
            if window.number == 0:
                self._detection = await self._detect(window)
            if window.number not in self.results:
                yield window

    async def _detect(self, window: AudioWindow) -> LanguageDetection | None:
        """The first speech decides for the whole medium, unless the client said."""
        if self._options.language:
            return LanguageDetection(language=self._options.language, confidence=1.0)
        detection = await self._engine.detect_language(window)
        if detection:
            self._options = replace(self._options, language=detection.language)
        return detection

    async def _begin(self, batches: Batches) -> bool:
        """Send out the next batch; False when there is none, or none may begin."""
        await self._places.acquire()
        batch = [] if self._stopped() else await batches.next()
        if not batch or self._stopped():  # it came while this one waited: begin no more
            self._places.release()
            return False
        task = asyncio.create_task(self._transcribe(batch))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return True

    def _stopped(self) -> bool:
        if self.stopping and self.stopping.is_set() and self._error is None:
            self._error = Stopping("the service stops")
        return self._error is not None

    async def _transcribe(self, batch: Sequence[AudioWindow]) -> None:
        heard = await self._engine.transcribe(batch, self._options)
        for window, result in zip(batch, map(only_speech, heard), strict=True):
            crashpoints.reached("window.transcribed")
            await self._journal.record(self._job_id, self._params, window, result)
            self.results[window.number] = result
            self._seconds = max(self._seconds, window.end)
            self._reached(self._seconds)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._places.release()
        if not task.cancelled() and task.exception() and self._error is None:
            self._error = task.exception()

    async def _stop(self) -> None:
        """Nothing works on when this returns: the sound's file may go."""
        tasks = set(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _settle(self) -> None:
        """Windows under way are finished even if one failed: their work is kept."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))


def _by_window(
    results: Sequence[WindowTranscript], options: DecodingOptions
) -> LanguageDetection | None:
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
