"""The port `SpeakerFinder`, with the real voice model in a real worker process."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
import soxr
from numpy.typing import NDArray

from app.adapters.process_pool import ProcessPool
from app.adapters.speakers import clusters, voices
from app.adapters.speakers.voices import VoiceSpeakers
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import EngineError, ModelCorrupt, ModelNotFound
from app.domain.media import SAMPLE_RATE, Audio, Span
from app.domain.models import ModelKind
from app.ports import SpeakerFinder

pytestmark = pytest.mark.asyncio(loop_scope="module")

Sound = NDArray[np.float32]
Mix = Callable[[Sequence[Sound]], tuple[Audio, list[Span]]]


@pytest.fixture(scope="module")
def weights(model_folder: Path) -> Path:
    try:
        return ModelShelf(model_folder).find("resemblyzer", ModelKind.VOICE).path
    except ModelNotFound as error:
        pytest.skip(f"the voice model is not here: {error}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def finder(
    tmp_path_factory: pytest.TempPathFactory, weights: Path
) -> AsyncIterator[SpeakerFinder]:
    pool = ProcessPool(1, name="voices", logs=tmp_path_factory.mktemp("logs"))
    yield VoiceSpeakers(pool, lambda: _there(weights))
    await pool.aclose()


async def _there(path: Path) -> Path:
    return path


@pytest.fixture
def mix(tmp_path: Path) -> Mix:
    """The pieces one after the other, and where each of them is."""

    def mixed(pieces: Sequence[Sound]) -> tuple[Audio, list[Span]]:
        path = tmp_path / "mix.pcm"
        whole = np.concatenate([*pieces, np.zeros(0, np.float32)])
        (whole.clip(-1, 1) * 32767).astype("<i2").tofile(path)
        ends = list(itertools.accumulate(map(len, pieces)))
        spans = [
            Span(first=end - len(each), last=end) for end, each in zip(ends, pieces, strict=True)
        ]
        return Audio(path=path, samples=len(whole)), spans

    return mixed


def read(path: Path) -> Sound:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    found: Sound = soxr.resample(sound.mean(axis=1), rate, SAMPLE_RATE).astype(np.float32)
    return found


def turns(sound: Sound, seconds: float = 3.0, most: int = 4) -> list[Sound]:
    step = int(seconds * SAMPLE_RATE)
    return [sound[first : first + step] for first in range(0, len(sound) - step + 1, step)][:most]


async def test_two_speakers_in_turn_are_told_apart(
    finder: SpeakerFinder, mix: Mix, jfk: Path, two_cities: Path
) -> None:
    pairs = zip(turns(read(jfk), most=3), turns(read(two_cities)), strict=False)
    found = await finder.find(*mix([piece for pair in pairs for piece in pair]))
    assert list(found) == [0, 1] * 3


async def test_one_speaker_is_one_at_any_loudness(
    finder: SpeakerFinder, mix: Mix, two_cities: Path
) -> None:
    pieces = [
        piece * np.float32(gain)
        for piece, gain in zip(turns(read(two_cities)), (1, 0.1, 0.5, 0.02), strict=True)
    ]
    assert set(await finder.find(*mix(pieces))) == {0}


async def test_speakers_of_the_corpus_are_told_apart(
    finder: SpeakerFinder, mix: Mix, corpus: Path
) -> None:
    speech = corpus / "speech"
    names = ("lj001_0001_0008_passage.flac", "jfk.wav", "kerstin_de_rhasspy-0004.webm")
    lj, jfk, _ = names
    kathleen = [
        read(speech / f"kathleen_arctic_{each}.wav") for each in ("a0007", "a0010", "b0008")
    ]
    rows = zip(turns(read(speech / lj)), turns(read(speech / jfk)), kathleen, strict=False)
    found = await finder.find(*mix([piece for row in rows for piece in row]))
    assert list(found) == [0, 1, 2] * 3


async def test_silence_is_nobodys_voice(finder: SpeakerFinder, mix: Mix, jfk: Path) -> None:
    silence = np.zeros(2 * SAMPLE_RATE, np.float32)
    spoken = turns(read(jfk), most=1)[0]
    assert list(await finder.find(*mix([silence, spoken, silence]))) == [None, 0, None]
    assert list(await finder.find(*mix([silence]))) == [None]


async def test_spans_of_any_length_are_taken(finder: SpeakerFinder, mix: Mix, jfk: Path) -> None:
    sound = read(jfk)
    audio, _ = mix([sound])
    spans = [
        Span(first=0, last=audio.samples),
        Span(first=5 * SAMPLE_RATE, last=5 * SAMPLE_RATE + 4000),
        Span(first=16_000, last=16_000),
        Span(first=audio.samples + 10, last=audio.samples + 50_000),
    ]
    assert list(await finder.find(audio, spans)) == [0, 0, None, None]
    assert list(await finder.find(audio, [])) == []


async def test_sound_that_is_gone_is_told(finder: SpeakerFinder, tmp_path: Path) -> None:
    gone = Audio(path=tmp_path / "gone.pcm", samples=SAMPLE_RATE)
    with pytest.raises(EngineError, match="cannot be read"):
        await finder.find(gone, [Span(first=0, last=SAMPLE_RATE)])


async def test_broken_weights_are_told(mix: Mix, jfk: Path, tmp_path: Path) -> None:
    broken = tmp_path / "voice.onnx"
    broken.write_bytes(b"\x08no model")
    pool = ProcessPool(1, name="voices", logs=tmp_path)
    try:
        with pytest.raises(ModelCorrupt):
            await VoiceSpeakers(pool, lambda: _there(broken)).find(*mix([read(jfk)]))
    finally:
        await pool.aclose()


# clusters


def scattered(rng: np.random.Generator, centre: int, number: int) -> Sound:
    """Unit vectors around an axis."""
    found = rng.normal(0, 0.02, (number, voices.WIDTH)).astype(np.float32)
    found[:, centre] += 1
    unit: Sound = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


async def test_ten_hours_of_voices_are_clustered_in_bounded_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    number = 9000
    who = np.arange(number) % 3  # strictly in turn
    found = np.stack([scattered(rng, int(each), 1)[0] for each in who])
    looked: list[int] = []
    clustered = clusters.clustered

    def counted(rows: Sound) -> NDArray[np.intp]:
        looked.append(len(rows))
        return clustered(rows)

    monkeypatch.setattr(clusters, "clustered", counted)
    speakers = clusters.speakers(found, np.full(number, 4.0, np.float32))
    assert looked == [clusters.MOST]
    first = list(dict.fromkeys(who.tolist()))
    assert speakers == [first.index(each) for each in who.tolist()]


async def test_a_stray_word_founds_no_speaker() -> None:
    rng = np.random.default_rng(2)
    found = np.concatenate([scattered(rng, 0, 20), scattered(rng, 1, 1), scattered(rng, 2, 1)])
    seconds = np.array([5.0] * 20 + [1.0, 3.0], np.float32)
    assert clusters.speakers(found, seconds) == [0] * 22


async def test_speakers_are_counted_as_they_first_speak() -> None:
    rng = np.random.default_rng(3)
    found = np.concatenate([scattered(rng, each, 2) for each in (5, 1, 5, 9)])
    assert clusters.speakers(found, np.full(8, 6.0, np.float32)) == [0, 0, 1, 1, 0, 0, 2, 2]


async def test_a_clip_of_short_words_has_speakers_too() -> None:
    rng = np.random.default_rng(4)
    found = np.concatenate([scattered(rng, 0, 3), scattered(rng, 1, 3)])
    assert clusters.speakers(found, np.full(6, 0.9, np.float32)) == [0, 0, 0, 1, 1, 1]
