"""CTranslate2, the engine of faster-whisper: one model per worker process, windows in batches."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.adapters.engines import faster_whisper_worker as worker
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import LanguageDetection, WindowTranscript
from app.ports import WorkerPool

#: For the largest model to be read from a slow disk. Seconds, like all here.
LOAD = 600.0
#: For windows of no length: a replaced worker reads its model first.
START = 180.0
#: For each second of sound, before any was heard. A large model on a slow core needs 10 or so.
PER_SECOND = 20.0
#: For each second of sound, later: so many times what the slowest batch took, but not too few. A
#: window that loops in every way that is tried was measured to take 20 times as long as another.
TIMES = 20.0
LEAST = 4.0


class FasterWhisperEngine:
    """Implements `ports.TranscriptionEngine` over a pool whose workers each load the model once."""

    provider = "faster_whisper"
    #: Measured on CPU: 4 take a twentieth less time than one by one, 8 take no less than 4.
    batch_size = 4

    def __init__(self, pool: WorkerPool, *, model: str, model_path: Path) -> None:
        """`model_path`: a folder as CTranslate2 reads it."""
        self.model = model
        self.concurrency = pool.slots
        self._pool = pool
        self._path = str(model_path)
        #: What the slowest batch took for each second of sound.
        self._slowest: float | None = None

    async def warm(self) -> None:
        """Load the model in every worker, so that the first job does not wait for it."""
        loads = [
            self._pool.run_within(LOAD, worker.warm, self._path) for _ in range(self._pool.slots)
        ]
        await asyncio.gather(*loads)

    async def detect_language(self, window: AudioWindow) -> LanguageDetection:
        return await self._pool.run_within(
            self._bound(worker.WHOLE), worker.detect_language, self._path, window
        )

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        heard = sum(max(window.seconds, worker.LEAST) for window in windows)
        work = await self._pool.run_within(
            self._bound(heard), worker.transcribe, self._path, windows, options
        )
        self._slowest = max(self._slowest or 0.0, work.seconds / heard)
        return work.transcripts

    async def aclose(self) -> None:
        """The model's memory is given back: it lives and dies with the pool's processes."""
        self._pool.refresh()

    def _bound(self, heard: float) -> float:
        """Seconds after which work on so many seconds of sound is stuck rather than slow."""
        if self._slowest is None:
            return START + PER_SECOND * heard
        return START + max(LEAST, TIMES * self._slowest) * heard
