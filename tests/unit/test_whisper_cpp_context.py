"""How much whisper.cpp's encoder computes for windows of all lengths."""

from pathlib import Path

import pytest

from app.adapters.engines import whisper_cpp_context
from app.adapters.engines.whisper_cpp_context import audio_context
from app.domain.media import SAMPLE_RATE, AudioWindow

GRAPHICS = ("CUDA0 (a card)",)
LENGTHS = [seconds / 4 for seconds in range(1, 113)]


def window(seconds: float) -> AudioWindow:
    return AudioWindow(
        path=Path("sound"), number=0, first_sample=0, samples=int(seconds * SAMPLE_RATE)
    )


@pytest.fixture(params=[pytest.param((), id="processor"), pytest.param(GRAPHICS, id="graphics")])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    monkeypatch.setattr(whisper_cpp_context, "graphics", lambda: found)
    return found


def test_silence_follows_the_sound_until_the_30_seconds_are_full(device: tuple[str, ...]) -> None:
    margin = 4.0 if device else 3.0
    for seconds in LENGTHS:
        assert audio_context(window(seconds)) >= min(50 * (seconds + margin), 1500)


def test_what_is_longer_gets_no_less(device: tuple[str, ...]) -> None:
    contexts = [audio_context(window(seconds)) for seconds in LENGTHS]
    assert contexts == sorted(contexts)
    assert (contexts[0], contexts[-1]) == (768 if device else 512, 1500)


def test_flash_attention_takes_whole_steps_and_graphics_alone_have_it(
    device: tuple[str, ...],
) -> None:
    assert whisper_cpp_context.flash_attention() is bool(device)
    assert audio_context(window(12.0)) == (1024 if device else 768)
    assert audio_context(window(14.0)) == (1024 if device else 896)
