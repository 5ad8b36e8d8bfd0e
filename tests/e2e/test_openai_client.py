"""OpenAI's own client against the real thing, and one service as the engine of another."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openai
import pysubs2
import pytest
import soundfile
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent
from openai.types.audio import TranscriptionVerbose as Verbose

from tests.e2e.conftest import Server
from tests.media import word_error_rate

COUNTRY = "ask what you can do for your country"
OPENAIS_LIMIT = 25 * 1024 * 1024  # bytes


@pytest.fixture(scope="module")
def client(server: Server) -> openai.OpenAI:
    base_url = f"http://127.0.0.1:{server.port}/v1"
    return openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)


def test_speech_becomes_text(client: openai.OpenAI, jfk: Path) -> None:
    assert COUNTRY in client.audio.transcriptions.create(file=jfk, model="whisper-1").text


def test_verbose_json_has_segments_and_words(client: openai.OpenAI, jfk: Path) -> None:
    found = client.audio.transcriptions.create(
        file=jfk,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["segment", "word"],
    )
    assert isinstance(found, Verbose)
    Verbose.model_validate(found.model_dump())
    assert found.language == "english"
    assert found.duration == pytest.approx(11.0, abs=0.1)
    assert found.segments is not None and found.words is not None
    assert "".join(segment.text for segment in found.segments).strip() == found.text
    assert [word.word for word in found.words] == found.text.split()
    times = [time for word in found.words for time in (word.start, word.end)]
    assert times == sorted(times) and 0 <= times[0] and times[-1] <= 11.0
    assert all(-1.5 < segment.avg_logprob < 0 for segment in found.segments)


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_are_what_players_read(client: openai.OpenAI, jfk: Path, form: str) -> None:
    found = client.audio.transcriptions.create(
        file=jfk,
        model="whisper-1",
        response_format=form,  # type: ignore[call-overload]
    )
    cues = pysubs2.SSAFile.from_string(found, format_=form)
    assert COUNTRY in " ".join(cue.text for cue in cues)
    assert all(cue.start < cue.end for cue in cues)


def test_a_stream_adds_up_to_the_text(client: openai.OpenAI, jfk: Path) -> None:
    pieces: list[str] = []
    with client.audio.transcriptions.create(file=jfk, model="base", stream=True) as stream:
        for event in stream:
            if isinstance(event, TranscriptionTextDeltaEvent):
                pieces.append(event.delta)
    assert isinstance(event, TranscriptionTextDoneEvent)
    assert COUNTRY in event.text
    assert len(pieces) > 1 and "".join(pieces) == event.text


@pytest.mark.filterwarnings("ignore:deprecated")  # by the client, which goes with OpenAI's plans
def test_a_translation_is_english(client: openai.OpenAI, corpus: Path) -> None:
    french = corpus / "speech_synthetic_multilingual" / "fr_training_audio2.wav"
    found = client.audio.translations.create(file=french, model="whisper-1")
    assert {"the", "of", "and"} & set(found.text.lower().split())


def test_there_is_no_limit_at_25_mb(client: openai.OpenAI, jfk: Path, tmp_path: Path) -> None:
    """The clip at a studio's rate, with a pause after it."""
    samples, rate = soundfile.read(jfk, dtype="float32")
    assert rate == 16_000
    wide = np.zeros((192_000 * 40, 2), np.float32)
    spoken = np.repeat(samples, 12)
    wide[: len(spoken)] = spoken[:, None]
    large = tmp_path / "large.wav"
    soundfile.write(large, wide, 192_000, subtype="PCM_16")
    assert large.stat().st_size > OPENAIS_LIMIT
    assert COUNTRY in client.audio.transcriptions.create(file=large, model="whisper-1").text


def test_a_client_that_hangs_up_cancels_its_job(
    server: Server, client: openai.OpenAI, two_cities: Path, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(two_cities, dtype="float32")
    book = tmp_path / "book.flac"
    soundfile.write(book, np.tile(samples, 12), rate)
    with client.audio.transcriptions.create(file=book, model="whisper-1", stream=True) as stream:
        next(stream)
        job_id = stream.response.headers["x-request-id"]
    assert server.ended(job_id)["status"] == "Cancelled"


def test_a_medium_that_is_none_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(file=("a.mp3", b"text" * 1000), model="whisper-1")
    assert caught.value.code == "media.unreadable"


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert {"whisper-1", "base", "tiny.en"} <= {model.id for model in client.models.list()}


def test_one_spool_is_the_engine_of_another(
    server: Server, own_server: Callable[..., Server], two_cities: Path, two_cities_text: str
) -> None:
    near = own_server(
        APP__TRANSCRIPTION__PROVIDER="openai",
        APP__TRANSCRIPTION__OPENAI_BASE_URL=f"http://127.0.0.1:{server.port}/v1",
    )
    near.start()
    result = near.completed(near.ingest(two_cities, word_timestamps="true"))
    assert (result["provider"], result["model"]) == ("openai", "whisper-1")
    assert result["language_detection"]["language"] == "en"
    assert word_error_rate(two_cities_text, result["transcript"]) < 0.1
    segments = result["segments"]
    assert len(segments) > 5
    for segment in segments:
        assert [word["text"] for word in segment["words"]] == segment["text"].split()
        assert all(word["end"] > segment["start"] for word in segment["words"])
    times = [word["start"] for segment in segments for word in segment["words"]]
    assert times == sorted(times) and times[-1] > 35.0


def test_models_of_the_other_spool_are_asked_for_by_their_names(
    server: Server, own_server: Callable[..., Server], jfk: Path
) -> None:
    near = own_server(
        APP__TRANSCRIPTION__PROVIDER="openai",
        APP__TRANSCRIPTION__OPENAI_BASE_URL=f"http://127.0.0.1:{server.port}/v1",
        APP__TRANSCRIPTION__OPENAI_MODEL="tiny.en",
    )
    near.start()
    assert COUNTRY in near.completed(near.ingest(jfk))["transcript"]
    refused = near.ended(near.ingest(jfk, model="no-such-model"))
    assert refused["status"] == "Failed"
    assert refused["error"]["code"] == "engine.refused"
    assert "no-such-model" in refused["error"]["message"]
