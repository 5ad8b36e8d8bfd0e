"""Whisper's encoder: sounds in, what the decoder attends to out.

Half of an engine's time goes into it. Whisper was taught with 30 s, sound and silence, and without
silence behind it says words over and over. But two seconds behind the last word what the encoder
gives for silence says no more of the words: what it gives for silence alone serves the decoder as
well. So that is computed once, and put behind what is computed of each sound.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.adapters.engines.faster_whisper_sound import WHOLE, computed, features
from app.domain.mel import HOP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.adapters.engines.faster_whisper_ear import Ear
    from app.adapters.engines.faster_whisper_sound import Floats

POSITIONS = 50  # in a second; the encoder halves the frames
#: Of the features, where nothing is heard behind speech of common loudness.
QUIET = -0.6


def never() -> bool:
    return False


def encode(
    ear: "Ear", sounds: "Sequence[Floats]", seconds: float, enough: Callable[[], bool] = never
) -> Any:
    """All together, or the first few if they are `enough`: [sounds, seconds * POSITIONS, width].

    On a CPU one by one: several at once are no faster, could not be `enough` in between, and would
    have to be of one length.
    """
    import ctranslate2
    import numpy as np

    if ear.model.device != "cpu":
        return _encoded(ear.model, np.stack([_mel(ear, sound, seconds) for sound in sounds]))
    alone = (_alone(ear, sound, seconds) for sound in sounds)
    encoded = [next(alone)]
    while len(encoded) < len(sounds) and not enough():
        encoded.append(next(alone))
    return ctranslate2.StorageView.from_array(np.concatenate(encoded))


def silence(model: Any) -> "Floats":
    """What the encoder gives for `WHOLE` seconds without a sound, [1, positions, width]."""
    import numpy as np

    mel = np.full((1, model.n_mels, 2 * _positions(WHOLE)), QUIET, np.float32)
    return np.array(_encoded(model, mel))


def _alone(ear: "Ear", sound: "Floats", seconds: float) -> "Floats":
    """As far as it must be computed; silence after that."""
    import numpy as np

    until = computed(len(sound), seconds)
    found = np.array(_encoded(ear.model, _mel(ear, sound, until)[np.newaxis]))
    rest = ear.silence[:, _positions(until) : _positions(seconds)]
    return np.concatenate([found, rest], axis=1)


def _positions(seconds: float) -> int:
    return math.ceil(seconds * POSITIONS)


def _mel(ear: "Ear", sound: "Floats", seconds: float) -> "Floats":
    length = _positions(seconds) * 2 * HOP
    return features(sound[:length], ear.mel, length)


def _encoded(model: Any, mels: "NDArray[np.float32]") -> Any:
    import ctranslate2

    return model.encode(ctranslate2.StorageView.from_array(mels))
