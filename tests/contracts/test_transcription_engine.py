"""What any engine owes: segments in seconds, in the medium's own timeline, and planned errors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from app.adapters.engines.faster_whisper import FasterWhisperEngine
from app.adapters.engines.whisper_cpp import WhisperCppEngine
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError, EngineRefused
from app.domain.jobs import Task
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.models import ModelKind
from app.domain.transcript import WindowTranscript
from app.pipeline.speech import only_speech
from app.ports import TranscriptionEngine
from tests.media import music, noise, run_ffmpeg, word_error_rate

KENNEDY = (
    "And so my fellow Americans ask not what your country can do for you "
    "ask what you can do for your country"
)
ENGLISH = DecodingOptions(language="en")
#: Seconds, and a little. CTranslate2 aligns words by such steps, and where texts of other lengths
#: came along one may begin a step earlier or later: 6 of 204 did.
STEP = 0.021


def window_of(sound: Path, folder: Path, *, after: float = 0.0, number: int = 0) -> AudioWindow:
    """The whole of `sound`, `after` seconds into a longer medium."""
    samples, rate = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE)
    silence = np.zeros(round(after * SAMPLE_RATE), np.float32)
    raw = folder / f"{sound.stem}-{after:g}.s16le"
    (np.concatenate([silence, mono]) * 32767).astype("<i2").tofile(raw)
    return AudioWindow(number=number, path=raw, first_sample=len(silence), samples=len(mono))


def text_of(result: WindowTranscript) -> str:
    return " ".join(segment.text for segment in result.segments)


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    made = ProcessPool(1)
    yield made
    await made.aclose()


Engine = FasterWhisperEngine | WhisperCppEngine


async def heard(
    engine: TranscriptionEngine, windows: Sequence[AudioWindow], options: DecodingOptions
) -> list[WindowTranscript]:
    """All of them, for nobody is in a hurry."""
    results = await engine.transcribe(windows, options)
    return [result for result in results if result]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A local engine, and the form of weights that it reads."""

    engine: type[FasterWhisperEngine] | type[WhisperCppEngine]
    weights: ModelKind

    def load(self, pool: ProcessPool, folder: Path, model: str) -> Engine:
        found = ModelShelf(folder).find(model, self.weights)
        return self.engine(pool, model=model, model_path=found.path)


KINDS = [
    Kind(engine=FasterWhisperEngine, weights=ModelKind.WHISPER_CT2),
    Kind(engine=WhisperCppEngine, weights=ModelKind.WHISPER_GGML),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.engine.provider)
def local(request: pytest.FixtureRequest) -> Kind:
    """Each engine that runs here: what follows, all of them owe."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def tiny(local: Kind, pool: ProcessPool, model_folder: Path) -> Engine:
    return local.load(pool, model_folder, "tiny.en")


@pytest.fixture
def base(local: Kind, pool: ProcessPool, model_folder: Path) -> Engine:
    return local.load(pool, model_folder, "base")


async def test_real_speech_becomes_its_words(tiny: Engine, jfk: Path, tmp_path: Path) -> None:
    [result] = await heard(tiny, [window_of(jfk, tmp_path)], ENGLISH)
    text = " ".join(segment.text for segment in result.segments)
    assert word_error_rate(KENNEDY, text) == 0


async def test_base_keeps_every_word_of_a_window_shorter_than_thirty_seconds(
    base: Engine, jfk: Path, tmp_path: Path
) -> None:
    [result] = await heard(base, [window_of(jfk, tmp_path)], ENGLISH)
    text = " ".join(segment.text for segment in result.segments)
    assert "ask what you can do for your country" in text
    assert word_error_rate(KENNEDY, text) == 0


async def test_no_speech_before_another_voice_is_passed_over(
    base: Engine, corpus: Path, tmp_path: Path
) -> None:
    """A whole dialogue came back as the first word of the next speaker, 5 s long."""
    film, read = tmp_path / "film.wav", corpus / "speech" / "lj001_0001_0008_passage.flac"
    run_ffmpeg(["-i", corpus / "video" / "friday.mp4", "-ac", "1", "-ar", str(SAMPLE_RATE), film])
    samples, rate = soundfile.read(read, dtype="float32")
    after = soxr.resample(samples[: 12 * rate], rate, SAMPLE_RATE)
    talk = soundfile.read(film, dtype="float32")[0][SAMPLE_RATE:]
    both = tmp_path / "both.wav"
    soundfile.write(both, np.concatenate([talk, after]), SAMPLE_RATE)
    [result] = await heard(base, [window_of(both, tmp_path)], ENGLISH)
    assert "crown jewel" in text_of(result) and "Printing" in text_of(result)


async def test_no_speech_behind_a_pause_is_passed_over(
    tiny: Engine, corpus: Path, tmp_path: Path
) -> None:
    """Of two readers in one window only the first came back, well read and without a warning."""
    readers = ("lj001_0005.mp3", "sense_sensibility_0870.wav")
    first, second = (speech_of(corpus / "speech" / name) for name in readers)
    hush = np.random.default_rng(1).normal(scale=0.0005, size=SAMPLE_RATE).astype("float32")
    both = tmp_path / "both.wav"
    soundfile.write(both, np.concatenate([first, hush, second]), SAMPLE_RATE)
    [result] = await heard(tiny, [window_of(both, tmp_path)], ENGLISH)
    assert "printing" in text_of(result) and "Dashwood" in text_of(result)
    assert "prudently" in text_of(result)


def speech_of(file: Path) -> np.ndarray:
    samples, rate = soundfile.read(file, dtype="float32")
    return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE))


async def test_times_are_those_of_the_medium(tiny: Engine, jfk: Path, tmp_path: Path) -> None:
    window = window_of(jfk, tmp_path, after=60.0, number=3)
    [result] = await heard(tiny, [window], DecodingOptions(language="en", word_timestamps=True))
    assert result.number == 3
    times = [time for segment in result.segments for time in (segment.start, segment.end)]
    assert times == sorted(times)
    assert window.start <= times[0] and times[-1] <= window.end
    words = [word for segment in result.segments for word in segment.words]
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(window.start <= word.start <= word.end <= window.end for word in words)
    assert len(words) == len(KENNEDY.split())
    [country] = [word for word in words if word.text == "country."]
    assert country.start == pytest.approx(70.2, abs=0.7)  # heard at 10.2 s of the clip


async def test_words_are_given_only_when_asked_for(tiny: Engine, jfk: Path, tmp_path: Path) -> None:
    window = window_of(jfk, tmp_path)
    await heard(tiny, [window], DecodingOptions(language="en", word_timestamps=True))
    [result] = await heard(tiny, [window], ENGLISH)
    assert all(segment.words == () for segment in result.segments)


async def test_one_call_leaves_no_trace_in_the_next(
    tiny: Engine, jfk: Path, tmp_path: Path
) -> None:
    window = window_of(jfk, tmp_path)
    [before] = await heard(tiny, [window], ENGLISH)
    odd = DecodingOptions(language="en", prompt="Klingon opera.", word_timestamps=True)
    await heard(tiny, [window], odd)
    [after] = await heard(tiny, [window], ENGLISH)
    assert before == after


@pytest.mark.parametrize("made", [noise, music])
async def test_nothing_is_made_up_where_nobody_speaks(
    tiny: Engine, tmp_path: Path, made: Callable[[Path, float], Path]
) -> None:
    """Even if speech detection let it through."""
    window = window_of(made(tmp_path / "sound.wav", 8.0), tmp_path)
    [result] = await heard(tiny, [window], ENGLISH)
    assert only_speech(result).segments == ()


async def test_silence_has_no_words(tiny: Engine, tmp_path: Path) -> None:
    raw = tmp_path / "silence.s16le"
    raw.write_bytes(bytes(5 * SAMPLE_RATE * 2))
    window = AudioWindow(number=0, path=raw, first_sample=0, samples=5 * SAMPLE_RATE)
    [result] = await heard(tiny, [window], ENGLISH)
    assert result.segments == ()


@pytest.mark.parametrize("samples", [1, 1600, SAMPLE_RATE - 1])
async def test_a_window_of_less_than_a_second_is_no_trouble(
    tiny: Engine, tmp_path: Path, samples: int
) -> None:
    raw = tmp_path / "short.s16le"
    raw.write_bytes(bytes(samples * 2))
    window = AudioWindow(number=0, path=raw, first_sample=0, samples=samples)
    [result] = await heard(tiny, [window], ENGLISH)
    assert all(0 <= s.start <= s.end <= window.end for s in result.segments)


async def test_an_english_model_says_english(tiny: Engine, jfk: Path, tmp_path: Path) -> None:
    found = await tiny.detect_language(window_of(jfk, tmp_path))
    assert (found.language, found.confidence, found.alternatives) == ("en", 1.0, ())


async def test_a_multilingual_model_hears_the_language(
    base: Engine, corpus: Path, tmp_path: Path
) -> None:
    french = corpus / "speech_synthetic_multilingual" / "fr_training_audio2.wav"
    window = window_of(french, tmp_path)
    found = await base.detect_language(window)
    assert found.language == "fr"
    assert found.confidence > 0.8
    shares = [guess.confidence for guess in found.alternatives]
    assert shares == sorted(shares, reverse=True)
    assert found.confidence + sum(shares) <= 1.0 + 1e-6


async def test_detection_does_not_depend_on_what_the_worker_did_before(
    base: Engine, jfk: Path, tmp_path: Path
) -> None:
    window = window_of(jfk, tmp_path)
    before = await base.detect_language(window)
    raw = tmp_path / "blip.s16le"
    raw.write_bytes(bytes(2 * SAMPLE_RATE * 2))
    blip = AudioWindow(number=0, path=raw, first_sample=0, samples=2 * SAMPLE_RATE)
    await heard(base, [blip], ENGLISH)
    assert await base.detect_language(window) == before


async def test_translation_is_into_english(base: Engine, corpus: Path, tmp_path: Path) -> None:
    french = corpus / "speech_synthetic_multilingual" / "fr_training_audio2.wav"
    options = DecodingOptions(language="fr", task=Task.TRANSLATE)
    [result] = await heard(base, [window_of(french, tmp_path)], options)
    words = " ".join(segment.text for segment in result.segments).lower().split()
    assert {"the", "of", "and"} & set(words)


async def test_windows_that_come_together_read_as_if_they_came_alone(
    tiny: Engine, jfk: Path, two_cities: Path, tmp_path: Path
) -> None:
    whole = window_of(two_cities, tmp_path)
    short = replace(whole, number=7, samples=8 * SAMPLE_RATE)
    later = replace(
        whole, number=8, first_sample=20 * SAMPLE_RATE + SAMPLE_RATE // 2, samples=4 * SAMPLE_RATE
    )
    windows = [window_of(jfk, tmp_path, number=3), short, later]
    together = await heard(tiny, windows, ENGLISH)
    assert [result.number for result in together] == [3, 7, 8]
    for window, result in zip(windows, together, strict=True):
        [alone] = await heard(tiny, [window], ENGLISH)
        assert text_of(alone) == text_of(result)
        assert all(window.start <= s.start <= s.end <= window.end for s in result.segments)


async def test_broken_weights_are_a_planned_error(
    local: Kind, pool: ProcessPool, jfk: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    if local.weights is ModelKind.WHISPER_CT2:
        broken.mkdir()
        (broken / "model.bin").write_bytes(b"no weights at all" + bytes(1000))
    else:
        broken.write_bytes(b"no weights at all" + bytes(1000))
    engine = local.engine(pool, model="broken", model_path=broken)
    with pytest.raises(EngineError):  # whisper.cpp may even crash on them
        await heard(engine, [window_of(jfk, tmp_path)], ENGLISH)


async def test_a_window_reads_alike_whatever_was_heard_before_it(
    tiny: Engine, two_cities: Path, tmp_path: Path
) -> None:
    whole = window_of(two_cities, tmp_path)
    window = replace(whole, first_sample=22 * SAMPLE_RATE, samples=20 * SAMPLE_RATE)
    found = []
    for seconds in (18, 3, 11, 20):
        await heard(tiny, [replace(whole, samples=seconds * SAMPLE_RATE)] * 2, ENGLISH)
        [result] = await heard(tiny, [window], ENGLISH)
        found.append([(segment.text, segment.avg_logprob) for segment in result.segments])
    assert all(each == found[0] for each in found[1:])


# CTranslate2 alone


@pytest.fixture
def fast(pool: ProcessPool, model_folder: Path) -> Engine:
    return KINDS[0].load(pool, model_folder, "tiny.en")


async def test_segments_are_sentences_without_the_pauses_around_them(
    fast: Engine, two_cities: Path, tmp_path: Path
) -> None:
    """The times were read off the sound."""
    whole = window_of(two_cities, tmp_path)
    window = replace(whole, first_sample=SAMPLE_RATE, samples=16 * SAMPLE_RATE)
    [result] = await heard(fast, [window], ENGLISH)
    times = [(segment.start, segment.end) for segment in result.segments]
    spoken = [(1.2, 4.5), (5.0, 8.2), (8.8, 12.8), (13.5, 16.7)]
    assert times == [pytest.approx(pair, abs=0.3) for pair in spoken]
    assert result.segments[0].text.startswith("It was the best of times")


async def test_a_prompt_does_not_make_a_short_clip_be_said_twice(
    fast: Engine, jfk: Path, tmp_path: Path
) -> None:
    """It came as "And so my fellow Americans. And so my fellow Americans.", and zips well.

    Which prompt leads to that depends on how the processor rounds.
    """
    window = replace(window_of(jfk, tmp_path), samples=3 * SAMPLE_RATE)
    for prompt in ("Klingon opera.", "My fellow Americans.", "Fellow.", "And so my fellow"):
        [result] = await heard(fast, [window], replace(ENGLISH, prompt=prompt))
        assert text_of(result).lower().count("fellow") == 1
        if (repair := result.repair) is not None:
            assert (repair.reason, repair.start, repair.end) == ("repetition", 0, 3)


async def test_windows_of_a_medium_in_two_languages_are_heard_each_in_its_own(
    pool: ProcessPool, model_folder: Path, jfk: Path, corpus: Path, tmp_path: Path
) -> None:
    """Where the first was not sure enough to decide, no language comes with the options."""
    engine = KINDS[0].load(pool, model_folder, "base")
    spanish = corpus / "speech_synthetic_multilingual" / "es_training_audio1.wav"
    windows = [window_of(jfk, tmp_path), window_of(spanish, tmp_path, number=1)]
    windows = [replace(each, samples=min(each.samples, 5 * SAMPLE_RATE)) for each in windows]
    found = await heard(engine, windows, DecodingOptions())
    assert [result.language for result in found] == ["en", "es"]
    assert "my fellow Americans" in text_of(found[0])
    assert "fellow" not in text_of(found[1])


async def test_who_came_along_changes_nothing(
    fast: Engine, jfk: Path, two_cities: Path, tmp_path: Path
) -> None:
    """A resumed job decodes the same windows in other company."""
    options = DecodingOptions(language="en", word_timestamps=True)
    whole = window_of(two_cities, tmp_path)
    windows = [
        replace(whole, number=0, samples=19 * SAMPLE_RATE),
        window_of(jfk, tmp_path, number=1),
        replace(whole, number=2, samples=4 * SAMPLE_RATE + SAMPLE_RATE // 2),
        replace(whole, number=3, first_sample=20 * SAMPLE_RATE, samples=11 * SAMPLE_RATE),
    ]
    together = list(await heard(fast, windows, options))
    assert [result.number for result in together] == [0, 1, 2, 3]
    alone = [(await heard(fast, [window], options))[0] for window in windows]
    assert [said(result) for result in together] == [said(result) for result in alone]
    assert [times(result) for result in together] == [
        pytest.approx(times(result), abs=STEP) for result in alone
    ]


def said(result: WindowTranscript) -> list[object]:
    return [(segment.text, [word.text for word in segment.words]) for segment in result.segments]


def times(result: WindowTranscript) -> list[float]:
    """Of all segments and their words, in seconds."""
    spans = [(segment.start, segment.end) for segment in result.segments]
    spans += [(word.start, word.end) for segment in result.segments for word in segment.words]
    return [time for span in spans for time in span]


async def test_what_is_really_said_again_and_again_is_not_left_out(
    fast: FasterWhisperEngine, jfk: Path, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(jfk, dtype="float32")
    once = samples[round(8.1 * rate) : round(10.4 * rate)]
    chant = tmp_path / "chant.wav"
    soundfile.write(chant, np.tile(once, 5), rate)
    [result] = await heard(fast, [window_of(chant, tmp_path)], ENGLISH)
    often = text_of(result).lower().count("ask what you can do for your country")
    assert 5 <= often <= 6, "how loud it is decides on one more"


async def test_a_batch_gives_way_and_what_it_heard_is_right(
    fast: FasterWhisperEngine, jfk: Path, tmp_path: Path
) -> None:
    whole = window_of(jfk, tmp_path)
    windows = [replace(whole, number=number) for number in range(4)]
    call = asyncio.create_task(fast.transcribe(windows, ENGLISH))
    await asyncio.sleep(0)  # handed over, and nothing heard yet
    fast.give_way()
    first, *others = await call
    assert first and word_error_rate(KENNEDY, text_of(first)) == 0
    assert others == [None] * 3
    assert [result.number for result in await heard(fast, windows, ENGLISH)] == [0, 1, 2, 3]


async def test_what_reads_badly_reads_the_same_again(
    fast: Engine, two_cities: Path, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(two_cities, dtype="float32")
    hasty = tmp_path / "hasty.wav"
    soundfile.write(hasty, samples[: 20 * rate : 2], rate)
    window = window_of(hasty, tmp_path)
    first, again = [await heard(fast, [window], ENGLISH) for _ in range(2)]
    assert first == again


@pytest.mark.parametrize("there", [True, False])
async def test_errors_show_no_folders(
    pool: ProcessPool, jfk: Path, tmp_path: Path, there: bool
) -> None:
    broken = tmp_path / "faster-whisper-broken"
    if there:
        broken.mkdir()
        (broken / "model.bin").write_bytes(b"no weights at all" + bytes(1000))
    engine = FasterWhisperEngine(pool, model="broken", model_path=broken)
    with pytest.raises(EngineError, match="faster-whisper-broken") as caught:
        await heard(engine, [window_of(jfk, tmp_path)], ENGLISH)
    assert str(tmp_path) not in str(caught.value)


async def test_it_says_how_sure_it_is(fast: Engine, jfk: Path, tmp_path: Path) -> None:
    [result] = await heard(fast, [window_of(jfk, tmp_path)], ENGLISH)
    for segment in result.segments:
        assert segment.avg_logprob is not None and -1.0 < segment.avg_logprob < 0.0
        assert segment.no_speech_prob is not None and 0.0 <= segment.no_speech_prob < 0.5


async def test_a_language_that_the_model_does_not_know_is_refused(
    pool: ProcessPool, model_folder: Path, jfk: Path, tmp_path: Path
) -> None:
    engine = KINDS[0].load(pool, model_folder, "base")
    with pytest.raises(EngineRefused, match="yue"):
        await heard(engine, [window_of(jfk, tmp_path)], DecodingOptions(language="yue"))
