"""How much of a context the encoder computes, and what stands in the rest."""

from dataclasses import dataclass, field
from typing import Any

import ctranslate2
import numpy as np
import pytest

from app.adapters.engines.faster_whisper_ear import Ear
from app.adapters.engines.faster_whisper_encoder import POSITIONS, QUIET, encode
from app.adapters.engines.faster_whisper_sound import COMPUTED_LEAST, WHOLE
from app.domain.media import SAMPLE_RATE
from app.domain.mel import filters

BANDS = 80
FRAMES = 2  # for a position


@dataclass
class Model:
    """Gives of each position its number, and the loudest of all that it was given."""

    device: str = "cpu"
    n_mels: int = BANDS
    #: Of each call: sounds and seconds.
    asked: list[tuple[int, float]] = field(default_factory=list)

    def encode(self, mels: ctranslate2.StorageView) -> ctranslate2.StorageView:
        given = np.array(mels)
        sounds, _, frames = given.shape
        positions = frames // FRAMES
        self.asked.append((sounds, positions / POSITIONS))
        encoded = np.zeros((sounds, positions, 2), np.float32)
        encoded[:, :, 0] = np.arange(positions)
        encoded[:, :, 1] = given.max(axis=(1, 2))[:, np.newaxis]
        return ctranslate2.StorageView.from_array(encoded)


@pytest.fixture
def ear() -> Ear:
    # the vocabulary is not asked
    mel = np.array(filters(BANDS), np.float32)
    return Ear(model=Model(), vocabulary=None, mel=mel)  # type: ignore[arg-type]


def tone(seconds: float) -> Any:
    return np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 5).astype(np.float32)


def silence_from(row: Any) -> float:
    """Seconds."""
    quiet = row[:, 1] == np.float32(QUIET)
    begin = int(np.argmax(quiet)) if quiet.any() else len(row)
    assert quiet[begin:].all()
    return begin / POSITIONS


@pytest.mark.parametrize(
    ("seconds", "context", "computed"),
    [
        (11.0, 14.0, 13.0),
        (14.5, 18.0, 17.0),
        (15.5, 20.0, 18.0),
        (3.0, 14.0, COMPUTED_LEAST),  # a short one hears more silence
        (3.0, 10.0, 10.0),
        (13.8, 16.0, 16.0),
        (11.0, WHOLE, WHOLE),  # asked for as that
    ],
)
def test_a_sound_is_computed_with_some_silence_and_more_is_put_behind_it(
    ear: Ear, seconds: float, context: float, computed: float
) -> None:
    [row] = np.array(encode(ear, [tone(seconds)], context))
    assert (1, computed) in ear.model.asked
    assert silence_from(row) == computed
    assert list(row[:, 0]) == list(range(round(context * POSITIONS))), "each in its place"


def test_sounds_of_a_call_are_computed_each_as_long_as_it_is_and_silence_once(ear: Ear) -> None:
    rows = np.array(encode(ear, [tone(11.0), tone(12.0)], 16.0))
    assert [silence_from(row) for row in rows] == [13.0, 14.0]
    encode(ear, [tone(12.1)], 16.0)
    assert ear.model.asked.count((1, WHOLE)) == 1


def test_a_card_computes_all_at_once_and_in_full(ear: Ear) -> None:
    ear.model.device = "cuda"
    rows = np.array(encode(ear, [tone(11.0), tone(11.5)], 14.0))
    assert ear.model.asked == [(2, 14.0)]
    assert rows.shape[:2] == (2, 14 * POSITIONS)


def test_no_more_than_enough_is_computed_but_one_at_least(ear: Ear) -> None:
    assert len(np.array(encode(ear, [tone(5.0)] * 3, 10.0, lambda: True))) == 1
    said = iter([False, True])
    assert len(np.array(encode(ear, [tone(5.0)] * 3, 10.0, lambda: next(said)))) == 2
