"""whisper.cpp alone: quantised weights, and windows that are heard again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.engines import whisper_cpp_heard, whisper_cpp_worker
from app.adapters.weights.catalogue import SHIPPED, shipped
from app.adapters.weights.seal import sha256_of
from app.adapters.weights.shelf import ModelShelf
from app.domain.decoding import DecodingOptions
from app.domain.errors import ModelNotFound
from app.domain.models import ModelKind, ModelSource
from app.domain.transcript import Repair
from tests.contracts.test_transcription_engine import ENGLISH, KENNEDY, text_of, window_of
from tests.media import word_error_rate

GGML = ModelKind.WHISPER_GGML


@pytest.fixture(autouse=True)
def unload() -> Iterator[None]:
    """Models that this process has loaded must not live until it ends."""
    yield
    whisper_cpp_worker._load.cache_clear()


def weights(folder: Path, name: str) -> str:
    return str(ModelShelf(folder).find(name, GGML).path)


@pytest.fixture
def beside_ctranslate2(model_folder: Path, tmp_path: Path) -> ModelShelf:
    """A model folder that holds `tiny.en` in CTranslate2's form alone, and no way out."""
    origin = ModelShelf(model_folder).find("tiny.en", ModelKind.WHISPER_CT2).path
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / origin.name).symlink_to(origin, target_is_directory=True)
    return ModelShelf(folder, pypi=False, hub=False)


@pytest.mark.parametrize("name", ["tiny.en", "tiny.en-q8_0", "tiny.en-q5_1"])
def test_weights_made_here_hear_every_word(
    beside_ctranslate2: ModelShelf, jfk: Path, tmp_path: Path, name: str
) -> None:
    found = beside_ctranslate2.find(name, GGML)
    assert (found.path.name, found.source) == (f"ggml-{name}.bin", ModelSource.FOLDER)
    item = shipped(name, GGML, SHIPPED)
    assert item and item.digest
    assert sha256_of(found.path) == item.digest.sha256
    window = window_of(jfk, tmp_path)
    heard = whisper_cpp_worker.transcribe(str(found.path), window, ENGLISH)
    assert word_error_rate(KENNEDY, text_of(heard)) == 0
    assert heard.repair is None


def test_a_form_that_is_not_made_here_is_not_found(beside_ctranslate2: ModelShelf) -> None:
    with pytest.raises(ModelNotFound, match="q4_0"):
        beside_ctranslate2.find("tiny.en-q4_0", GGML)


def test_a_window_that_is_heard_again_is_told_and_leaves_no_trace(
    model_folder: Path, jfk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = weights(model_folder, "tiny.en")
    window = window_of(jfk, tmp_path, after=5.0)
    before = whisper_cpp_worker.transcribe(tiny, window, ENGLISH)
    with monkeypatch.context() as strict:
        strict.setattr(whisper_cpp_heard, "LOGPROB_THRESHOLD", 0.0)
        again = whisper_cpp_worker.transcribe(tiny, window, ENGLISH)
    expected = Repair(start=window.start, end=window.end, reason="low_logprob", way="none")
    assert (before.repair, again.repair) == (None, expected)
    assert word_error_rate(KENNEDY, text_of(again)) == 0
    assert whisper_cpp_worker.transcribe(tiny, window, ENGLISH) == before


def test_the_way_that_helped_is_told(
    model_folder: Path, jfk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = weights(model_folder, "tiny.en")
    window = window_of(jfk, tmp_path)
    once = iter([0.0])
    decode = whisper_cpp_worker._decode

    def first_is_guesswork(*args: object, **kwargs: object) -> whisper_cpp_heard.Heard:
        heard = decode(*args, **kwargs)  # type: ignore[arg-type]
        worst = [replace(each, avg_logprob=-9.0) for each in heard.segments]
        return heard if next(once, None) is None else replace(heard, segments=tuple(worst))

    monkeypatch.setattr(whisper_cpp_worker, "_decode", first_is_guesswork)
    heard = whisper_cpp_worker.transcribe(tiny, window, ENGLISH)
    assert heard.repair and (heard.repair.reason, heard.repair.way) == (
        "low_logprob",
        "full_context",
    )
    assert word_error_rate(KENNEDY, text_of(heard)) == 0


def test_a_loop_is_heard_again_and_told(
    model_folder: Path, jfk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = weights(model_folder, "tiny.en")
    window = window_of(jfk, tmp_path)
    once = iter([0.0])
    decode = whisper_cpp_worker._decode

    def first_is_a_loop(*args: object, **kwargs: object) -> whisper_cpp_heard.Heard:
        heard = decode(*args, **kwargs)  # type: ignore[arg-type]
        over = [replace(each, text="ask not " * 60) for each in heard.segments]
        return heard if next(once, None) is None else replace(heard, segments=tuple(over))

    monkeypatch.setattr(whisper_cpp_worker, "_decode", first_is_a_loop)
    heard = whisper_cpp_worker.transcribe(tiny, window, ENGLISH)
    assert heard.repair and heard.repair.reason == "repetition"
    assert word_error_rate(KENNEDY, text_of(heard)) == 0


def test_a_window_of_no_given_language_says_which_it_heard(
    model_folder: Path, corpus: Path, tmp_path: Path
) -> None:
    base = weights(model_folder, "base")
    french = corpus / "speech_synthetic_multilingual" / "fr_training_audio2.wav"
    window = window_of(french, tmp_path)
    assert whisper_cpp_worker.transcribe(base, window, DecodingOptions()).language == "fr"
    given = whisper_cpp_worker.transcribe(base, window, DecodingOptions(language="fr"))
    assert given.language is None
