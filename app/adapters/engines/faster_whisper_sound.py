"""What Whisper's encoder takes in, and where a window is quiet."""

import math
from typing import TYPE_CHECKING, TypeAlias

from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, AudioWindow
from app.domain.mel import FFT, HOP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

# The decoder attends to a sound and some silence, not to 30 s. With less, Whisper says the same
# words over and over: at a margin of 1 s and no least length, 3 of 15 clips did; at 2 s, 2 windows
# of an hour; at 2.5 s a phrase said five times became six. With 3 s as many words are wrong as with
# 4 s, in a twentieth less time. How much silence changes words here and there, so it follows the
# sound alone: who came along depends on the hour.
MARGIN = 3.0  # seconds of silence after the sound
LEAST = 10.0  # seconds
WHOLE = 30.0  # seconds: the most that Whisper can hear
#: Seconds. Sounds that need the same number of steps are decoded together.
STEP = 2.0

# Of that silence a processor computes the first for each sound; the rest is the same for all. With
# `COMPUTED` of 1 s an hour takes a twentieth less, but tiny.en loops over phrases that were said
# five or six times.
COMPUTED = 2.0  # seconds of silence after the sound, at least
#: Seconds, sound and silence. Without this, base said words over and over in 9 of 176 windows of up
#: to 6 s.
COMPUTED_LEAST = 12.0
#: Seconds. Computed exactly as far as that, a worker with base needed 460 MiB more: for each length
#: new code is made and other blocks are kept.
COMPUTED_STEP = 1.0

RANGE = 8.0  # decades below the loudest value that count
#: Between what is quiet and what is loud in a window lie so many dB, or it has no pauses.
CONTRAST = 12.0
DEEPEST = 50.0  # dB below speech, where a room's hush is no quieter than digital silence
SHARE = 0.4  # of the way from quiet to loud, in dB, where quiet ends
SHORTEST = 0.15  # seconds of quiet that are a pause; stops such as "p" are shorter

Pause = tuple[float, float]


def samples(window: AudioWindow) -> "Floats":
    """float32 in -1..1, shape (n,)."""
    import numpy as np

    return _raw(window).astype(np.float32) / np.float32(32768.0)


def _raw(window: AudioWindow) -> "NDArray[np.int16]":
    import numpy as np

    if window.pcm is not None:
        return np.frombuffer(window.pcm, "<i2")
    return np.memmap(
        window.path,
        dtype="<i2",
        mode="r",
        offset=window.first_sample * SAMPLE_BYTES,
        shape=(window.samples,),
    )


def context(seconds: float) -> float:
    """Seconds that the encoder hears of a sound that lasts `seconds`."""
    steps = math.ceil((seconds + MARGIN) / STEP)
    return min(WHOLE, max(LEAST, steps * STEP))


def computed(samples: int, context: float) -> float:
    """Seconds of its context that are computed for a sound of so many samples."""
    if context >= WHOLE:  # asked for as that
        return context
    steps = math.ceil((samples / SAMPLE_RATE + COMPUTED) / COMPUTED_STEP)
    return min(context, max(COMPUTED_LEAST, steps * COMPUTED_STEP))


def features(sound: "Floats", mel: "Floats", length: int) -> "Floats":
    """Log-mel [bands, length // HOP] of the sound with silence up to `length` samples.

    `mel`: the filters, [bands, FFT // 2 + 1].
    """
    import numpy as np

    padded = np.zeros(length + FFT, np.float32)
    begin = FFT // 2  # each frame is around its time, the first with its own mirror image
    padded[begin : begin + len(sound)] = sound
    mirrored = padded[begin + 1 : 2 * begin + 1][::-1].copy()
    padded[:begin] = mirrored
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: length // HOP]
    hann = np.hanning(FFT + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * hann, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    logs = np.log10(np.maximum(mel @ power.T, 1e-10))
    logs = np.maximum(logs, logs.max() - RANGE)
    result: Floats = ((logs + 4.0) / 4.0).astype(np.float32)
    return result


def pauses(sound: "Floats") -> list[Pause]:
    """Where it is quiet, as seconds (begin, end) from the sound's beginning, in order."""
    import numpy as np

    steps = len(sound) // HOP
    if not steps:
        return []
    power = np.square(sound[: steps * HOP].reshape(steps, HOP)).mean(axis=1)
    level = 10 * np.log10(np.convolve(power, np.ones(3) / 3, mode="same") + 1e-10)
    quiet, loud = np.percentile(level, (10, 90))
    quiet = max(quiet, loud - DEEPEST)
    if loud - quiet < CONTRAST:
        return []
    hushed = np.concatenate([[False], level < quiet + SHARE * (loud - quiet), [False]])
    edges = np.flatnonzero(hushed[1:] != hushed[:-1]).reshape(-1, 2) * (HOP / SAMPLE_RATE)
    return [(float(begin), float(end)) for begin, end in edges if end - begin >= SHORTEST]
