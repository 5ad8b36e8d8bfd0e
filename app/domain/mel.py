"""The triangular filters that turn a spectrum into Whisper's mel bands (Slaney's scale)."""

import math
from itertools import pairwise

from app.domain.media import SAMPLE_RATE

FFT = 400  # samples in a frame: 25 ms
HOP = 160  # samples from one frame to the next: 10 ms

#: Below 1 kHz the scale is linear, above it is logarithmic.
LINEAR = 200 / 3  # Hz for a mel
KNEE = 1000.0  # Hz
KNEE_MEL = KNEE / LINEAR
STEP = math.log(6.4) / 27  # natural logarithm for a mel


def filters(bands: int) -> list[list[float]]:
    """[bands][201]: each row sums its band of the spectrum, with equal area.

    Plain floats: numpy's functions differ between processors in the last bit.
    """
    top = _mel(SAMPLE_RATE / 2)
    edges = [_hertz(top * number / (bands + 1)) for number in range(bands + 2)]
    sides = list(pairwise(edges))
    return [_triangle(*left, right[1]) for left, right in pairwise(sides)]


def _triangle(low: float, middle: float, high: float) -> list[float]:
    def height(hertz: float) -> float:
        return max(0.0, min((hertz - low) / (middle - low), (high - hertz) / (high - middle)))

    return [height(bin * (SAMPLE_RATE / FFT)) * (2 / (high - low)) for bin in range(FFT // 2 + 1)]


def _mel(hertz: float) -> float:
    return hertz / LINEAR if hertz < KNEE else KNEE_MEL + math.log(hertz / KNEE) / STEP


def _hertz(mel: float) -> float:
    return mel * LINEAR if mel < KNEE_MEL else KNEE * math.exp((mel - KNEE_MEL) * STEP)
