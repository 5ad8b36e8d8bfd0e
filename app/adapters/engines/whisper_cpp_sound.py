"""The sound of a window, as whisper.cpp takes it."""

from typing import Any

from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, AudioWindow

MIN_SAMPLES = int(1.1 * SAMPLE_RATE)  # whisper.cpp passes over anything up to one second
SILENT = 16  # of 32768: whisper.cpp hears words in windows that are no louder


def is_silent(window: AudioWindow) -> bool:
    raw = _raw(window)
    return int(raw.max()) <= SILENT and int(raw.min()) >= -SILENT


def samples(window: AudioWindow) -> Any:
    """float32 in -1..1, shape (n,), n at least MIN_SAMPLES: short windows end in silence."""
    import numpy as np

    sound = np.zeros(max(window.samples, MIN_SAMPLES), np.float32)
    np.divide(_raw(window), 32768.0, out=sound[: window.samples], casting="unsafe")
    return sound


def _raw(window: AudioWindow) -> Any:
    """int16, shape (window.samples,), read from the file as it is looked at."""
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
