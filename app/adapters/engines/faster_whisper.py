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
#: For each second of sound. A large model on a slow core needs 10 or so.
PER_SECOND = 20.0


class FasterWhisperEngine:
    """Implements `ports.TranscriptionEngine` over a pool whose workers each load the model once."""

    provider = "faster_whisper"
    #: Measured on CPU: 4 take a tenth less time than one by one, 8 take no less than 4.
    batch_size = 4

    def __init__(self, pool: WorkerPool, *, model: str, model_path: Path) -> None:
        """`model_path`: a folder as CTranslate2 reads it."""
        self.model = model
        self.concurrency = pool.slots
        self._pool = pool
        self._path = str(model_path)

    async def warm(self) -> None:
        """Load the model in every worker, so that the first job does not wait for it."""
        loads = [
            self._pool.run_within(LOAD, worker.warm, self._path) for _ in range(self._pool.slots)
        ]
        await asyncio.gather(*loads)

    async def detect_language(self, window: AudioWindow) -> LanguageDetection:
        return await self._pool.run_within(
            _bound([window]), worker.detect_language, self._path, window
        )

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        return await self._pool.run_within(
            _bound(windows), worker.transcribe, self._path, windows, options
        )

    async def aclose(self) -> None:
        """Nothing to do: the models live and die with the pool's processes."""


def _bound(windows: Sequence[AudioWindow]) -> float:
    """Seconds after which work on the windows is stuck rather than slow."""
    return START + PER_SECOND * sum(window.seconds for window in windows)
