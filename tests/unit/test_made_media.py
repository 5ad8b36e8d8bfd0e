from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile

from tests import media

Maker = Callable[..., Path]


def test_jfk_is_eleven_seconds_of_16_khz_mono(jfk: Path) -> None:
    info = soundfile.info(jfk)
    assert (info.samplerate, info.channels, info.duration) == (16_000, 1, 11.0)


def test_two_cities_is_44_seconds_of_speech(two_cities: Path, two_cities_text: str) -> None:
    info = soundfile.info(two_cities)
    assert (info.samplerate, info.channels, round(info.duration)) == (48_000, 1, 44)
    assert len(two_cities_text.split()) == 120


def test_silence_tone_and_music_are_what_they_are_called(
    silence: Maker, tone: Maker, music: Maker
) -> None:
    quiet, sine, chords = (soundfile.read(make(1.0))[0] for make in (silence, tone, music))
    assert not quiet.any()
    assert np.argmax(np.abs(np.fft.rfft(sine))) == 440
    assert np.abs(chords).max() < 1 < np.count_nonzero(np.abs(chords) > 0.01) / 1000
    assert len(quiet) == len(sine) == len(chords) == 16_000


def test_noise_is_the_same_at_every_call(tmp_path: Path) -> None:
    first = media.noise(tmp_path / "one.wav", 0.5).read_bytes()
    assert first == media.noise(tmp_path / "two.wav", 0.5).read_bytes()


def test_a_made_video_lasts_as_long_as_its_sound(make_video: Maker, jfk: Path) -> None:
    _, seconds = imageio_ffmpeg.count_frames_and_secs(str(make_video(jfk)))
    assert seconds == pytest.approx(11.0, abs=0.2)


def test_a_video_without_sound_has_no_audio_stream(make_video: Maker, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"does not contain any stream|matches no streams"):
        media.run_ffmpeg(["-i", make_video(None), "-map", "0:a", tmp_path / "sound.wav"])


def test_espeak_speaks(spoken: Maker) -> None:
    assert soundfile.info(spoken("Guten Morgen", "de")).duration > 0.5


@pytest.mark.parametrize(
    ("language", "reference", "hypothesis", "expected"),
    [
        ("en", "It's twenty-one colours, Mr. Smith!", "it is 21 colors mister smith", 0.0),
        ("en", "the cat sat down", "the cat sat town", 0.25),
        ("de", "Über allen Gipfeln", "über allen gipfeln.", 0.0),
        ("zh", "今天天气", "今天 天汽", 0.25),
    ],
)
def test_word_error_rate_counts_words_and_not_spelling(
    language: str, reference: str, hypothesis: str, expected: float
) -> None:
    assert media.word_error_rate(reference, hypothesis, language) == expected
