"""Speakers by Resemblyzer's voice model, run by onnxruntime in a worker slot."""

from array import array
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.speakers import clusters
from app.adapters.speakers.sound import frames
from app.domain.engine_errors import engine_errors
from app.domain.errors import EngineError, ModelCorrupt
from app.domain.media import SAMPLE_RATE, Audio, Span
from app.ports import WorkerPool

if TYPE_CHECKING:
    from app.adapters.speakers.sound import Floats

WIDTH = 256  # numbers in a voice
#: Spans in one task of the slot: about a second of work.
BATCH = 16
#: Seconds after which a task is stuck rather than slow.
PATIENCE = 300.0
ERRORS_ONLY = 3  # onnxruntime's severity


class VoiceSpeakers:
    """Implements `ports.SpeakerFinder`. Of an hour it keeps about a megabyte of voices."""

    def __init__(self, pool: WorkerPool, locate: Callable[[], Awaitable[Path]]) -> None:
        """`pool`: a slot of its own. `locate`: fetches the weights, if need be."""
        self._pool, self._locate = pool, locate

    async def find(self, audio: Audio, spans: Sequence[Span]) -> Sequence[int | None]:
        """The slot gives its memory back in the end: this is done now and then only."""
        model, voices = str(await self._locate()), array("f")
        try:
            for first in range(0, len(spans), BATCH):
                part = spans[first : first + BATCH]
                sound = str(audio.path)
                voices.frombytes(
                    await self._pool.run_within(PATIENCE, voices_of, model, sound, list(part))
                )
            seconds = array("f", [span.samples / SAMPLE_RATE for span in spans])
            return await self._pool.run_within(
                PATIENCE, told_apart, voices.tobytes(), seconds.tobytes()
            )
        finally:
            self._pool.refresh()


def voices_of(model: str, pcm_path: str, spans: list[Span]) -> bytes:
    """Runs in the worker: a vector of WIDTH 32-bit floats for each span; of silence, zeros."""
    import numpy as np

    with engine_errors():
        return np.stack([_voice(model, pcm_path, span) for span in spans]).tobytes()


def told_apart(voices: bytes, seconds: bytes) -> list[int | None]:
    """Runs in the worker."""
    import numpy as np

    with engine_errors():
        found = np.frombuffer(voices, np.float32).reshape(-1, WIDTH)
        return clusters.speakers(found, np.frombuffer(seconds, np.float32))


def _voice(model: str, pcm_path: str, span: Span) -> "Floats":
    """The mean over the span's windows, of length 1."""
    import numpy as np

    try:
        heard = frames(pcm_path, span)
    except OSError as error:
        raise EngineError(f"the decoded sound cannot be read: {error.strerror}") from error
    if heard is None:
        return np.zeros(WIDTH, np.float32)
    [found] = _session(model).run(None, {"frames": heard})
    middle = found.mean(axis=0)
    length = float(np.linalg.norm(middle))
    unit: Floats = (middle / length if length else middle).astype(np.float32)
    return unit


@cache
def _session(model: str) -> Any:
    """Loaded once in a worker's life."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common class for its errors
        raise ModelCorrupt(f"the voice model cannot be loaded: {error}") from error
