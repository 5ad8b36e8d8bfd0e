"""The speech detector with its real model, and the windows that come of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from app.adapters import silero
from app.adapters.silero import SileroDetector
from app.domain.errors import EngineError, ModelCorrupt, ModelNotFound
from app.domain.media import FRAME, SAMPLE_RATE, Audio, AudioWindow
from app.pipeline.recording import Recording
from app.pipeline.windows import WindowCutter, windows
from app.ports import Sound

Samples = NDArray[np.int16]
T = TypeVar("T")
Make = Callable[[Samples], Audio]


class HerePool:
    """A pool that runs its tasks on the spot, and remembers how long they were."""

    slots = 1

    def __init__(self) -> None:
        self.frames: list[int] = []

    async def run(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        self.frames.append(args[3])
        return function(*args, **kwargs)

    async def run_within(
        self, seconds: float, function: Callable[..., T], /, *args: Any, **kwargs: Any
    ) -> T:
        assert seconds > 60
        return await self.run(function, *args, **kwargs)

    def busy(self) -> int:
        return 0

    def refresh(self) -> None: ...

    async def aclose(self) -> None: ...


@pytest.fixture
def model(model_folder: Path) -> Path:
    path = model_folder / "silero-vad.onnx"
    if not path.is_file():
        pytest.skip("the speech detection model is not here")
    return path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(samples: Samples) -> Audio:
        path = tmp_path / "sound.s16le"
        path.write_bytes(samples.astype("<i2").tobytes())
        return Audio(path=path, samples=len(samples))

    return write


def read(path: Path) -> Samples:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = soxr.resample(sound.mean(axis=1), rate, SAMPLE_RATE)
    return np.asarray(np.clip(np.rint(sound * 32768), -32768, 32767), np.int16)


async def heard(model: Path, audio: Sound) -> NDArray[np.float64]:
    detector = SileroDetector(HerePool(), model)
    blocks = [np.asarray(block) async for block in detector.probabilities(audio)]
    return np.concatenate([np.zeros(0), *blocks])


async def cut(model: Path, audio: Audio, max_seconds: float = 28.0) -> list[AudioWindow]:
    detector = SileroDetector(HerePool(), model)
    return [window async for window in windows(detector, audio, WindowCutter(max_seconds))]


def unbroken(model: Path, samples: Samples) -> NDArray[np.float32]:
    """The model over the whole sound at once, frames laid out one by one."""
    padded = np.zeros(64 + -(-len(samples) // FRAME) * FRAME, np.float32)
    padded[64 : 64 + len(samples)] = samples / 32768
    rows = [padded[at : at + 64 + FRAME] for at in range(0, len(padded) - 64, FRAME)]
    zeros = np.zeros((1, 1, 128), np.float32)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    answer = session.run(["speech_probs"], {"input": np.stack(rows), "h": zeros, "c": zeros})
    return np.asarray(answer[0]).reshape(-1)


async def test_sound_in_blocks_is_heard_like_sound_in_one_piece(model: Path, make: Make) -> None:
    samples = np.random.default_rng(1).normal(0, 3000, 100 * SAMPLE_RATE + 77).astype(np.int16)
    pool = HerePool()
    audio = make(samples)
    found = [block async for block in SileroDetector(pool, model).probabilities(audio)]
    assert len(found) == len(pool.frames) == 3
    assert [len(block) for block in found] == pool.frames
    assert pool.frames[0] * FRAME <= 30 * SAMPLE_RATE
    assert np.allclose(np.concatenate(found), unbroken(model, samples), atol=1e-4)


@pytest.mark.parametrize("seconds", [1, 29, 45])
async def test_sound_that_grows_is_heard_like_sound_that_is_whole(
    model: Path, make: Make, seconds: int
) -> None:
    samples = np.random.default_rng(1).normal(0, 3000, 100 * SAMPLE_RATE + 77).astype(np.int16)
    audio = make(samples)
    whole = await heard(model, audio)
    recording = Recording(audio.path)
    audio.path.write_bytes(b"")
    hearing = asyncio.create_task(heard(model, recording))
    with audio.path.open("ab") as file:
        for first in range(0, len(samples), seconds * SAMPLE_RATE):
            file.write(samples[first : first + seconds * SAMPLE_RATE].astype("<i2").tobytes())
            file.flush()
            recording.grow(Audio(path=audio.path, samples=file.tell() // 2))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert not hearing.done()
    recording.finish(audio)
    assert np.array_equal(await hearing, whole)


async def test_no_sound_has_no_probabilities_and_a_sliver_has_one(model: Path, make: Make) -> None:
    assert len(await heard(model, make(np.zeros(0, np.int16)))) == 0
    assert len(await heard(model, make(np.zeros(1, np.int16)))) == 1


async def test_silence_noise_and_chords_are_no_speech(model: Path, make: Make) -> None:
    time = np.arange(40 * SAMPLE_RATE) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6))
    noise = np.random.default_rng(3).normal(0, 2000, len(time))
    for sound in (np.zeros(len(time)), 4000 * np.asarray(chord), noise):
        assert await cut(model, make(sound.astype(np.int16))) == []


async def test_real_speech_is_found_and_the_silence_around_it_is_not(
    model: Path, make: Make, jfk: Path
) -> None:
    quiet = np.zeros(10 * SAMPLE_RATE, np.int16)
    [window] = await cut(model, make(np.concatenate([quiet, read(jfk), quiet])))
    assert 10 <= window.start < 11
    assert 19.5 < window.end <= 21.4


async def test_a_long_reading_is_cut_at_pauses(model: Path, make: Make, corpus: Path) -> None:
    samples = read(corpus / "speech" / "lj001_0001_0008_passage.flac")
    audio = make(samples)
    found = await cut(model, audio)
    assert 2 <= len(found) <= 4
    assert all(window.seconds <= 28 for window in found)
    assert sum(window.seconds for window in found) > 0.9 * audio.seconds
    loudness = np.abs(samples.astype(float)).mean()
    for window in found[:-1]:
        end = window.first_sample + window.samples
        assert np.abs(samples[end - 800 : end + 800].astype(float)).mean() < loudness / 4


async def test_every_clip_of_speech_has_a_window(model: Path, make: Make, corpus: Path) -> None:
    for clip in sorted((corpus / "speech").glob("*.wav")):
        audio = make(read(clip))
        seconds = sum(window.seconds for window in await cut(model, audio))
        assert seconds > 0.5 * audio.seconds, clip.name


async def test_a_missing_or_broken_model_is_named_as_such(tmp_path: Path, make: Make) -> None:
    audio = make(np.zeros(FRAME, np.int16))
    with pytest.raises(ModelNotFound):
        await heard(tmp_path / "no.onnx", audio)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model" * 100)
    with pytest.raises(ModelCorrupt):
        await heard(broken, audio)


async def test_sound_that_went_away_is_an_error_of_ours(model: Path, tmp_path: Path) -> None:
    gone = Audio(path=tmp_path / "gone.s16le", samples=FRAME)
    with pytest.raises(EngineError, match="No such file"):
        await heard(model, gone)


def test_what_runs_in_a_worker_can_be_sent_there() -> None:
    import pickle

    assert pickle.loads(pickle.dumps(silero.speech_probabilities)) is silero.speech_probabilities
