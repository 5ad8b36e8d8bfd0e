"""Speech probabilities by Silero's sequence model, run by onnxruntime in a worker process."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from app.domain.errors import EngineError, ModelCorrupt, ModelNotFound
from app.domain.media import FRAME, SAMPLE_BYTES, SAMPLE_RATE
from app.ports import Sound, WorkerPool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

    #: What the model remembers from one block to the next: hidden and cell, each [1, 1, 128].
    State: TypeAlias = tuple[Samples, Samples]

CONTEXT = 64  # samples of the frame before, that the model wants in front of each frame
STATE_SHAPE = (1, 1, 128)
#: The first block is short, so that transcribing can begin while the rest is being heard.
FIRST_BLOCK = 30 * SAMPLE_RATE // FRAME  # frames
BLOCK = 60 * SAMPLE_RATE // FRAME  # frames
#: Seconds for a block of no length: a replaced worker imports onnxruntime and reads the model.
START = 120.0
#: Seconds for each second of sound; it takes a hundredth of one.
PER_SECOND = 1.0


class SileroDetector:
    def __init__(self, pool: WorkerPool, model_path: Path) -> None:
        """`model_path`: silero_vad_16k_sequence.onnx."""
        self._pool = pool
        self._model_path = model_path

    async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        """Each block once all of it is there.

        Raises ModelNotFound, ModelCorrupt, EngineError, and what the pool raises.
        """
        first = 0
        state: State | None = None
        for size in chain([FIRST_BLOCK], repeat(BLOCK)):
            frames = -(-await sound.reached((first + size) * FRAME) // FRAME)
            if first >= frames:
                return
            size = frames - first
            block, state = await self._pool.run_within(
                START + PER_SECOND * size * FRAME / SAMPLE_RATE,
                speech_probabilities,
                *(str(self._model_path), str(sound.path), first, size, state),
            )
            yield block
            first += size


def speech_probabilities(
    model_path: str, pcm_path: str, first_frame: int, frames: int, state: "State | None"
) -> "tuple[list[float], State]":
    """Runs in a worker. One probability for each of `frames`, and the state to go on with.

    `state`: what the block before gave; None for the first. A last frame cut short by the end
    of the file is filled up with silence.
    """
    import numpy as np

    hidden, cell = state or (np.zeros(STATE_SHAPE, np.float32), np.zeros(STATE_SHAPE, np.float32))
    session = _session(model_path)
    with _translated():
        speech, hidden, cell = session.run(
            ["speech_probs", "hn", "cn"],
            {"input": _frames(pcm_path, first_frame, frames), "h": hidden, "c": cell},
        )
    return speech.reshape(-1).tolist(), (hidden, cell)


@cache
def _session(model_path: str) -> Any:
    """Loaded once in a worker's life."""
    import onnxruntime

    if not Path(model_path).is_file():
        raise ModelNotFound(
            "the speech detection model is missing", hint="run: spool doctor --fetch"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            model_path, sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has no common class for its errors
        raise ModelCorrupt(f"the speech detection model cannot be loaded: {error}") from error


def _frames(pcm_path: str, first_frame: int, frames: int) -> "Samples":
    """[frames, CONTEXT + FRAME]: each row begins with the end of the one before."""
    import numpy as np

    first = first_frame * FRAME
    wanted = CONTEXT + frames * FRAME
    skipped = CONTEXT if first == 0 else 0
    start = (first + skipped - CONTEXT) * SAMPLE_BYTES
    found = np.fromfile(pcm_path, "<i2", count=wanted - skipped, offset=start)
    samples = np.zeros(wanted, np.float32)
    samples[skipped : skipped + len(found)] = found
    samples /= 32768.0
    rows = np.lib.stride_tricks.sliding_window_view(samples, CONTEXT + FRAME)[::FRAME]
    return np.ascontiguousarray(rows)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(f"the decoded sound cannot be read: {error.strerror}") from error
    except Exception as error:  # onnxruntime has no common class for its errors
        raise EngineError(f"speech detection failed: {error}") from error
