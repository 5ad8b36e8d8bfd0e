"""whisper.cpp through pywhispercpp: one model per worker process, one window at a time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from app.adapters.engines import whisper_cpp_worker as worker
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import LanguageDetection, WindowTranscript
from app.ports import WorkerPool

#: For the largest model to be read from a slow disk. Seconds, like all here.
LOAD = 600.0
#: For a window of no length: a replaced worker reads its model first, and the encoder's least
#: context (15 s of sound, then 30 s when the text reads badly) takes a large model a minute.
START = 180.0
#: For each second of sound. The slowest model that still makes sense needs 10 or so.
PER_SECOND = 20.0


def bound(window: AudioWindow) -> float:
    """Seconds after which work on the window is stuck rather than slow."""
    return START + PER_SECOND * window.seconds


class WhisperCppEngine:
    """Implements `ports.TranscriptionEngine` over a pool whose workers each load the model once."""

    provider = "whisper_cpp"
    batch_size = 1  # whisper.cpp decodes one window at a time

    def __init__(self, pool: WorkerPool, *, model: str, model_path: Path) -> None:
        self.model = model
        self._pool = pool
        self._path = str(model_path)

    @property
    def concurrency(self) -> int:
        return self._pool.slots

    async def warm(self) -> None:
        """Load the model in every worker, so that the first job does not wait for it."""
        loads = [
            self._pool.run_within(LOAD, worker.warm, self._path) for _ in range(self._pool.slots)
        ]
        devices, *_ = await asyncio.gather(*loads)
        logger.info("whisper.cpp computes on {}", ", ".join(devices) or "the processor")

    def context(self, window: AudioWindow) -> float:
        return window.seconds

    async def detect_language(self, window: AudioWindow) -> LanguageDetection:
        return await self._pool.run_within(
            bound(window), worker.detect_language, self._path, window
        )

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        return [
            await self._pool.run_within(
                bound(window), worker.transcribe, self._path, window, options
            )
            for window in windows
        ]

    def give_way(self) -> None:
        """A call holds one window: it ends soon enough."""

    async def aclose(self) -> None:
        """The model's memory is given back: it lives and dies with the pool's processes."""
        self._pool.refresh()
