"""The port `WaveformDrawer`, over sound that was decoded from real speech."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.adapters import numpy_waveform
from app.adapters.numpy_waveform import NumpyWaveforms
from app.domain.errors import StorageError
from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, Audio
from app.ports import WaveformDrawer
from tests import caged

Samples = NDArray[np.int16]
Keep = Callable[[Samples], Audio]

DRAWERS: dict[str, Callable[[], WaveformDrawer]] = {"numpy": NumpyWaveforms}
MiB = 2**20


@pytest.fixture(params=sorted(DRAWERS))
def drawer(request: pytest.FixtureRequest) -> WaveformDrawer:
    return DRAWERS[request.param]()


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    def kept(samples: Samples) -> Audio:
        path = tmp_path / "sound.s16le"
        samples.astype("<i2").tofile(path)
        return Audio(path=path, samples=len(samples))

    return kept


def pairs(samples: Samples, each: int) -> list[int]:
    """One stretch after the other, rounded towards zero."""
    found = []
    for first in range(0, len(samples), each):
        stretch = samples[first : first + each]
        found += [int(int(stretch.min()) / 256), int(int(stretch.max()) / 256)]
    return found


def noise(samples: int) -> Samples:
    return np.random.default_rng(7).normal(0, 6000, samples).clip(-32768, 32767).astype(np.int16)


async def test_real_speech_has_the_peaks_that_soundfile_reads(
    drawer: WaveformDrawer, jfk: Path, tmp_path: Path
) -> None:
    target = tmp_path / "jfk.s16le"
    audio = await caged.soundfile(3600.0).extract(jfk, target, lambda _: None)
    samples, rate = soundfile.read(jfk, dtype="int16")
    assert (rate, len(samples)) == (SAMPLE_RATE, audio.samples)
    drawn = await drawer.draw(audio)
    assert list(drawn.data) == pairs(samples, drawn.samples_per_pair)
    assert max(drawn.data) > 30 and min(drawn.data) < -30, "somebody speaks"


async def test_speech_is_loud_where_it_is_spoken_and_pauses_are_not(
    drawer: WaveformDrawer, keep: Keep, jfk: Path
) -> None:
    samples, _ = soundfile.read(jfk, dtype="int16")
    pause = np.zeros(5 * SAMPLE_RATE, np.int16)
    drawn = await drawer.draw(keep(np.concatenate([pause, samples, pause])))
    a_second = 2 * SAMPLE_RATE // drawn.samples_per_pair
    assert set(drawn.data[: 4 * a_second]) == {0} == set(drawn.data[-4 * a_second :])
    assert max(drawn.data[5 * a_second : -5 * a_second]) > 30


async def test_it_is_in_the_format_of_audiowaveform(drawer: WaveformDrawer, keep: Keep) -> None:
    document = (await drawer.draw(keep(noise(3 * SAMPLE_RATE)))).document()
    data = document.pop("data")
    assert document == {
        "version": 2,
        "channels": 1,
        "sample_rate": 16000,
        "samples_per_pixel": 160,
        "bits": 8,
        "length": 300,
    }
    assert len(data) == 600 and all(isinstance(each, int) for each in data)
    assert all(-128 <= low <= high <= 127 for low, high in zip(data[::2], data[1::2], strict=True))


@pytest.mark.parametrize("seconds", [20, 61.3, 600])
async def test_a_medium_has_about_two_thousand_pairs_however_long_it_is(
    drawer: WaveformDrawer, keep: Keep, seconds: float
) -> None:
    samples = noise(round(seconds * SAMPLE_RATE))
    drawn = await drawer.draw(keep(samples))
    assert 1900 <= len(drawn.data) // 2 <= 2000
    assert list(drawn.data) == pairs(samples, drawn.samples_per_pair)


@pytest.mark.parametrize("block", [1, 159, 160, 161, 1000, 4801])
async def test_where_the_blocks_end_shows_nowhere(
    drawer: WaveformDrawer, keep: Keep, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    audio = keep(noise(4803))
    whole = await drawer.draw(audio)
    monkeypatch.setattr(numpy_waveform, "BLOCK", block)
    assert await drawer.draw(audio) == whole


async def test_the_loudest_samples_there_can_be_are_drawn(
    drawer: WaveformDrawer, keep: Keep
) -> None:
    loud = np.array([-32768, 32767] * 80, np.int16)
    assert (await drawer.draw(keep(loud))).data == (-128, 127)


async def test_no_sound_has_no_pairs_and_a_sliver_has_one(
    drawer: WaveformDrawer, keep: Keep
) -> None:
    assert (await drawer.draw(keep(noise(0)))).data == ()
    assert (await drawer.draw(keep(np.array([-700], np.int16)))).data == (-2, -2)


async def test_hours_of_sound_take_no_more_memory_than_a_block(
    drawer: WaveformDrawer, tmp_path: Path
) -> None:
    path = tmp_path / "hours.s16le"
    audio = Audio(path=path, samples=2 * 3600 * SAMPLE_RATE)
    with path.open("wb") as file:
        file.truncate(audio.samples * SAMPLE_BYTES)
    tracemalloc.start()
    try:
        drawn = await drawer.draw(audio)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(drawn.data) == 4000
    assert most < 32 * MiB < audio.samples * SAMPLE_BYTES


async def test_sound_that_is_gone_or_ends_early_is_a_planned_error(
    drawer: WaveformDrawer, keep: Keep
) -> None:
    audio = keep(noise(1000))
    with pytest.raises(StorageError, match="ends early"):
        await drawer.draw(Audio(path=audio.path, samples=1001))
    audio.path.unlink()
    with pytest.raises(StorageError, match="No such file"):
        await drawer.draw(audio)
