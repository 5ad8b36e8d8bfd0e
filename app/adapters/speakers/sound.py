"""From a stretch of sound to what the voice model looks at: mel energies, as Resemblyzer has them.

Runs in a worker.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, Span
from app.domain.mel import FFT, HOP, filters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

BANDS = 40
WINDOW = 160  # frames that the model takes: 1.6 s
STEP = WINDOW // 2  # frames
#: Of a longer stretch the beginning tells enough.
LONGEST = 30 * SAMPLE_RATE  # samples
#: All voices are brought to this level; what is fainter than the other is no voice.
LEVEL, SILENT = 10 ** (-30 / 20), 10 ** (-80 / 20)  # root mean square, of 1


def frames(pcm_path: str, span: Span) -> "Floats | None":
    """[windows, WINDOW, BANDS]; None where nothing is to be heard."""
    import numpy as np

    sound = _samples(pcm_path, span)
    level = float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0
    if level < SILENT:
        return None
    bands = _energies(sound * (LEVEL / level))
    if len(bands) < WINDOW:
        return np.resize(bands, (1, WINDOW, BANDS))  # over and over
    return np.stack([bands[first : first + WINDOW] for first in _starts(len(bands))])


def _samples(pcm_path: str, span: Span) -> "Floats":
    import numpy as np

    count, offset = min(span.samples, LONGEST), span.first * SAMPLE_BYTES
    if count <= 0 or offset >= Path(pcm_path).stat().st_size:
        return np.zeros(0, np.float32)
    found = np.fromfile(pcm_path, "<i2", count=count, offset=offset).astype(np.float32)
    found /= 32768.0
    return found


def _energies(sound: "Floats") -> "Floats":
    """[frames, BANDS]."""
    import numpy as np

    padded = np.pad(sound, FFT // 2)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    spectrum = np.abs(np.fft.rfft(pieces * np.hanning(FFT + 1)[:-1], axis=1)) ** 2
    found: Floats = (spectrum @ _filters()).astype(np.float32)
    return found


def _starts(length: int) -> list[int]:
    """Of windows, in frames; the last one ends where the sound does."""
    last = length - WINDOW
    return sorted({*range(0, last + 1, STEP), last})


@cache
def _filters() -> "Floats":
    import numpy as np

    return np.array(filters(BANDS), np.float32).T
