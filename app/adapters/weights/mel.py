"""The triangular filters that turn a spectrum into Whisper's mel bands (Slaney's scale)."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SAMPLE_RATE = 16_000  # Hz
FFT = 400  # samples in a frame: 25 ms

#: Below 1 kHz the scale is linear, above it is logarithmic.
LINEAR = 200 / 3  # Hz for a mel
KNEE = 1000.0  # Hz
KNEE_MEL = KNEE / LINEAR
STEP = math.log(6.4) / 27  # natural logarithm for a mel


def filters(bands: int) -> "np.ndarray":
    """float32 [bands, 201]: each row sums its band of the spectrum, with equal area."""
    import numpy as np

    top = _mel(SAMPLE_RATE / 2)
    # Plain floats, and not numpy's exp: that one differs between processors in the last bit.
    edges = np.array([_hertz(top * number / (bands + 1)) for number in range(bands + 2)])
    bins = np.arange(FFT // 2 + 1) * (SAMPLE_RATE / FFT)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (middle - low)
    falling = (high - bins) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    result: np.ndarray = (triangles * (2 / (high - low))).astype("<f4")
    return result


def _mel(hertz: float) -> float:
    return hertz / LINEAR if hertz < KNEE else KNEE_MEL + math.log(hertz / KNEE) / STEP


def _hertz(mel: float) -> float:
    return mel * LINEAR if mel < KNEE_MEL else KNEE * math.exp((mel - KNEE_MEL) * STEP)
