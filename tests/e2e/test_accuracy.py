"""Word error rates on real speech, printed and held."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Server
from tests.media import word_error_rate

SPOKEN = {".wav", ".flac", ".mp3", ".webm"}
PROVIDERS = ("faster_whisper", "whisper_cpp")
#: Above these, something broke.
TINY_BOUND = 0.03
BASE_BOUND = 0.05


def rate(server: Server, clips: list[Path], provider: str, model: str) -> float:
    """Of all words together: long clips weigh more, as in the literature."""
    jobs = {clip: server.ingest(clip, provider=provider, model=model) for clip in clips}
    errors = words = 0.0
    for clip, job_id in jobs.items():
        reference = clip.with_suffix(".txt").read_text().strip()
        language = "de" if "_de_" in clip.name else "en"
        share = word_error_rate(reference, server.completed(job_id)["transcript"], language)
        errors += share * len(reference.split())
        words += len(reference.split())
    return errors / words


def clips_of(folder: Path) -> list[Path]:
    return sorted(clip for clip in folder.iterdir() if clip.suffix in SPOKEN)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tiny_en_hears_the_english_corpus(
    server: Server, corpus: Path, figure: Callable[[str], None], provider: str
) -> None:
    clips = [clip for clip in clips_of(corpus / "speech") if "_de_" not in clip.name]
    found = rate(server, clips, provider, "tiny.en")
    figure(f"word error rate, {provider}, tiny.en, {len(clips)} English clips: {found:.1%}")
    assert found < TINY_BOUND


@pytest.mark.parametrize("provider", PROVIDERS)
def test_base_hears_the_whole_corpus(
    server: Server, corpus: Path, figure: Callable[[str], None], provider: str
) -> None:
    clips = clips_of(corpus / "speech")
    found = rate(server, clips, provider, "base")
    figure(f"word error rate, {provider}, base, {len(clips)} clips: {found:.1%}")
    assert found < BASE_BOUND


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("model", "bound"), [("tiny.en", 0.1), ("base", 0.1)])
def test_a_page_of_dickens_is_heard(
    server: Server,
    two_cities: Path,
    two_cities_text: str,
    figure: Callable[[str], None],
    provider: str,
    model: str,
    bound: float,
) -> None:
    result = server.completed(server.ingest(two_cities, provider=provider, model=model))
    found = word_error_rate(two_cities_text, result["transcript"])
    figure(f"word error rate, {provider}, {model}, 44 s of Dickens: {found:.1%}")
    assert found < bound
