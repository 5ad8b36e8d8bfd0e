"""CTranslate2, the engine of faster-whisper: one model per worker process, windows in batches."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.adapters.engines import faster_whisper_sound as sound
from app.adapters.engines import faster_whisper_worker as worker
from app.adapters.engines.bell import Bell
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import LanguageDetection, WindowTranscript
from app.ports import WorkerPool

#: A step of the decoder costs little more for eight windows than for four. With sixteen a call on a
#: processor lasts twice as long to save a twentieth; a card is idle for want of work.
BATCH, CARD_BATCH = 8, 16
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

    def __init__(
        self, pool: WorkerPool, *, model: str, model_path: Path, card: bool = False
    ) -> None:
        """`model_path`: a folder as CTranslate2 reads it; `card`: it computes on a card."""
        self.batch_size = CARD_BATCH if card else BATCH
        self.model = model
        self._pool = pool
        self._path = str(model_path)
        self._bell = Bell()
        #: What the slowest batch took for each second of sound.
        self._slowest: float | None = None

    @property
    def concurrency(self) -> int:
        return self._pool.slots

    async def warm(self) -> None:
        """Load the model in every worker, so that the first job does not wait for it."""
        loads = [
            self._pool.run_within(LOAD, worker.warm, self._path) for _ in range(self._pool.slots)
        ]
        await asyncio.gather(*loads)

    def context(self, window: AudioWindow) -> float:
        return sound.context(window.seconds)

    async def detect_language(self, window: AudioWindow) -> LanguageDetection:
        return await self._pool.run_within(
            self._bound(sound.WHOLE), worker.detect_language, self._path, window
        )

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        work = await self._pool.run_within(
            self._bound(_length(windows)),
            worker.transcribe,
            self._path,
            windows,
            options,
            self._bell.rings,
        )
        results = zip(windows, work.transcripts, strict=True)
        heard = _length([window for window, transcript in results if transcript])
        self._slowest = max(self._slowest or 0.0, work.seconds / heard)
        return work.transcripts

    def give_way(self) -> None:
        self._bell.ring()

    async def aclose(self) -> None:
        """The model's memory is given back: it lives and dies with the pool's processes."""
        self._pool.refresh()
        self._bell.close()

    def _bound(self, heard: float) -> float:
        """Seconds after which work on so many seconds of sound is stuck rather than slow."""
        if self._slowest is None:
            return START + PER_SECOND * heard
        return START + max(LEAST, TIMES * self._slowest) * heard


def _length(windows: Sequence[AudioWindow]) -> float:
    """Seconds of sound, as far as they make work."""
    return sum(max(window.seconds, sound.LEAST) for window in windows)
