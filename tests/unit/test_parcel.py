"""Tasks on their way to another machine."""

import pickle
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.adapters.dask_pool.parcel import Weights, opened, packed, sealed, unpacked
from app.adapters.engines import faster_whisper_sound, whisper_cpp_sound
from app.domain.errors import EngineCrashed, EngineError
from app.domain.media import AudioWindow
from app.domain.models import ModelKind

TINY = Weights(name="tiny.en", kind=ModelKind.WHISPER_CT2)
STAND_IN = "/cluster/whisper-ct2/tiny.en"


def hear(path: str, windows: Sequence[AudioWindow], *, times: int) -> str:
    return path * times


@pytest.fixture
def window(tmp_path: Path) -> AudioWindow:
    """The third to the sixth of ten samples."""
    sound = tmp_path / "sound"
    (np.arange(10) * 1000).astype("<i2").tofile(sound)
    return AudioWindow(number=7, path=sound, first_sample=2, samples=4)


def nowhere(_: Weights) -> Path:
    raise AssertionError("no weights are named")


def test_weights_are_named_and_found_where_the_task_arrives() -> None:
    asked: list[Weights] = []

    def located(weights: Weights) -> Path:
        asked.append(weights)
        return Path("/there/tiny")

    parcel = packed(partial(hear, STAND_IN, (), times=2), {STAND_IN: TINY})
    assert unpacked(parcel, located)() == "/there/tiny" * 2
    assert asked == [TINY]


def test_what_stands_for_no_weights_arrives_as_it_is() -> None:
    assert (
        unpacked(packed(partial(hear, "text", (), times=1), {STAND_IN: TINY}), nowhere)() == "text"
    )


def test_a_window_takes_its_sound_along(window: AudioWindow) -> None:
    parcel = packed(partial(hear, "", [window], times=1), {})
    window.path.unlink()
    [arrived] = unpacked(parcel, nowhere).args[1]
    assert arrived.pcm == np.array([2000, 3000, 4000, 5000], "<i2").tobytes()
    assert (arrived.number, arrived.start, arrived.end) == (7, window.start, window.end)


def test_engines_hear_sound_that_came_along_as_they_hear_it_from_the_file(
    window: AudioWindow,
) -> None:
    [arrived] = unpacked(packed(partial(hear, "", [window], times=1), {}), nowhere).args[1]
    for engine in (faster_whisper_sound, whisper_cpp_sound):
        np.testing.assert_array_equal(engine.samples(arrived), engine.samples(window))


def test_sound_that_is_gone_or_too_short_is_an_error_of_the_engine(window: AudioWindow) -> None:
    window.path.write_bytes(b"short")
    with pytest.raises(EngineError, match="shorter than its windows"):
        packed(partial(hear, "", [window], times=1), {})
    window.path.unlink()
    with pytest.raises(EngineError, match="cannot be read"):
        packed(partial(hear, "", [window], times=1), {})


def test_a_result_arrives_and_so_does_an_error_with_all_that_it_tells() -> None:
    assert opened(sealed(lambda: {"a": 1})) == {"a": 1}

    def crash() -> None:
        raise EngineCrashed("it died", exit_status=-11, last_lines="last words")

    with pytest.raises(EngineCrashed, match="it died") as caught:
        opened(sealed(crash))
    assert (caught.value.exit_status, caught.value.last_lines) == (-11, "last words")


def test_no_sound_is_shown_where_a_window_is_told() -> None:
    window = AudioWindow(number=0, path=Path(), first_sample=0, samples=1, pcm=b"\1\2")
    assert "pcm" not in repr(window)
    assert pickle.loads(pickle.dumps(window)).pcm == b"\1\2"
