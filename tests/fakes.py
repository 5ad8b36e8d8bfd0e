"""Stand-ins for speed and for faults. Where the outcome depends on a part, the real one is used."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow, Span
from app.domain.transcript import LanguageDetection, Segment, WindowTranscript


class FakeEngine:
    """Says where each window is. `hold` makes it wait, `failures` are raised one by one."""

    provider = "whisper_cpp"

    def __init__(self, model: str = "fake", *, concurrency: int = 2, batch_size: int = 1) -> None:
        self.model, self.concurrency, self.batch_size = model, concurrency, batch_size
        self.heard: list[int] = []
        #: Numbers of the windows that came together.
        self.batches: list[list[int]] = []
        self.options: list[DecodingOptions] = []
        self.failures: dict[int, list[Exception]] = {}
        self.hold = asyncio.Event()
        self.hold.set()
        self.at_work = self.most_at_work = 0
        self.detection: LanguageDetection | None = LanguageDetection(language="en", confidence=0.9)
        self.closed = False
        self.asked_to_give_way = 0

    def context(self, window: AudioWindow) -> float:
        return window.seconds

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        return self.detection

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        self.batches.append([window.number for window in windows])
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self.hold.wait()
            await asyncio.sleep(0)  # others may begin: only then does `most_at_work` tell
            return [self._result(window, options) for window in windows]
        finally:
            self.at_work -= 1

    def _result(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
        self.options.append(options)
        if self.failures.get(window.number):
            raise self.failures[window.number].pop(0)
        self.heard.append(window.number)
        said = Segment(start=window.start, end=window.end, text=self.said(window))
        return WindowTranscript(number=window.number, segments=(said,), language=options.language)

    def said(self, window: AudioWindow) -> str:
        return f"window {window.number}"

    def give_way(self) -> None:
        self.asked_to_give_way += 1

    async def aclose(self) -> None:
        self.closed = True


class MemoryJournal:
    """Implements `ports.WindowJournal` in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[int, tuple[Span, WindowTranscript]]] = {}

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        return dict(self.kept.get((job_id, params_hash), {}))

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        kept = self.kept.setdefault((job_id, params_hash), {})
        if window.number not in kept or kept[window.number][0] != window.span:
            kept[window.number] = window.span, replace(result)


async def each(items: Sequence[AudioWindow]) -> AsyncIterator[AudioWindow]:
    for item in items:
        yield item
