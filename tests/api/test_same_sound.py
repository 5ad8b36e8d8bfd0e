"""Engines come and go; what they are given to hear is always the same."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_BYTES, AudioWindow
from app.domain.transcript import WindowTranscript
from app.services.engines import EngineFactory
from tests.api.spool import Spool, opened
from tests.fakes import FakeEngine
from tests.media import make_video, run_ffmpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Place in the sound, length in samples, SHA-256 of the samples.
Heard = tuple[int, int, str]


class Listener(FakeEngine):
    """Remembers the sound of each window, sample by sample."""

    def __init__(self, provider: str, model: str) -> None:
        super().__init__(model)
        self.provider = provider
        self.sound: list[Heard] = []

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        self.sound += [(each.first_sample, each.samples, _sha256(each)) for each in windows]
        return await super().transcribe(windows, options)


def _sha256(window: AudioWindow) -> str:
    first = window.first_sample * SAMPLE_BYTES
    samples = window.path.read_bytes()[first : first + window.samples * SAMPLE_BYTES]
    assert len(samples) == window.samples * SAMPLE_BYTES and any(samples)
    return hashlib.sha256(samples).hexdigest()


@pytest.fixture(scope="module")
def listeners() -> dict[str, Listener]:
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, listeners: dict[str, Listener]
) -> AsyncIterator[Spool]:
    def maker(provider: str) -> EngineFactory:
        async def make(model: str) -> Listener:
            return listeners.setdefault(provider, Listener(provider, model))

        return make

    factories = {name: maker(name) for name in ("faster_whisper", "whisper_cpp", "openai")}
    folder = tmp_path_factory.mktemp("same")
    async with opened(folder, model_folder, factories=factories) as spool:
        yield spool


async def use(spool: Spool, provider: str, model: str) -> None:
    choice = {"provider": provider, "model": model}
    answer = await spool.http.put("/api/v1/engines/default", json=choice)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["speech.mp4", "speech.wav", "speech.flac"])
async def test_a_swap_changes_nothing_of_the_sound_that_engines_get(
    spool: Spool, listeners: dict[str, Listener], speech: bytes, tmp_path: Path, name: str
) -> None:
    """By either extractor, resampled or not: the same windows, bit by bit."""
    heard: dict[str, list[Heard]] = {}
    medium = _made(tmp_path, speech, name).read_bytes()
    for provider, model in (
        ("faster_whisper", "base"),
        ("whisper_cpp", "tiny.en"),
        ("openai", "whisper-1"),
    ):
        await use(spool, provider, model)
        job = await spool.completed(await spool.take_in(medium, name))
        assert (job["provider"], job["model"]) == (provider, model)
        heard[provider] = sorted(listeners[provider].sound)
        listeners[provider].sound.clear()
    first, *others = heard.values()
    assert len(first) == 3 and others == [first, first]


def _made(folder: Path, speech: bytes, name: str) -> Path:
    """Three windows of speech; the WAV has two channels at 22.05 kHz."""
    flac, medium = folder / "speech.flac", folder / name
    flac.write_bytes(speech)
    if medium.suffix == ".mp4":
        return make_video(medium, flac)
    if medium.suffix == ".wav":
        run_ffmpeg(["-i", flac, "-ar", "22050", "-ac", "2", medium])
    return medium
