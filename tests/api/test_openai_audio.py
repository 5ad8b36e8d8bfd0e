"""`/v1/audio` with OpenAI's own client: what it sends, what it understands, what it is refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pysubs2
import pytest
from openai.types.audio import TranscriptionVerbose

from app.domain.errors import EngineRefused
from app.domain.jobs import Task
from app.domain.transcript import LanguageDetection
from app.web.document import written
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import MAX_FILE_SIZE, Spool, error, multipart, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"
SAID = "window 0 window 1 window 2"


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    return Conformance(written(DOORS))


@pytest.fixture(autouse=True)
def watched(spool: Spool, conformance: Conformance) -> Iterator[None]:
    """Every answer is as the OpenAPI document tells."""
    conformance.watch(spool.http)
    yield
    spool.http.event_hooks = {}


@pytest.fixture
def client(spool: Spool) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url="http://localhost/v1", api_key="none", http_client=spool.http, max_retries=0
    )


async def newest(spool: Spool) -> dict[str, Any]:
    listed = await spool.http.get("/api/v1/jobs", params={"limit": 1})
    return await spool.job(listed.json()["jobs"][0]["job_id"])


# what comes back


async def test_json_is_the_text(client: openai.AsyncOpenAI, speech: bytes) -> None:
    found = await client.audio.transcriptions.create(file=("talk.flac", speech), model="whisper-1")
    assert found.text == SAID
    assert found.usage is not None and found.usage.type == "duration"
    assert found.usage.seconds == pytest.approx(17.0, abs=0.1)


async def test_text_is_the_text_alone(client: openai.AsyncOpenAI, speech: bytes) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", speech), model="whisper-1", response_format="text"
    )
    assert found == f"{SAID}\n"


@pytest.mark.parametrize("form", ["srt", "vtt"])
async def test_subtitles_are_what_players_read(
    client: openai.AsyncOpenAI, speech: bytes, form: Any
) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", speech), model="whisper-1", response_format=form
    )
    cues = pysubs2.SSAFile.from_string(str(found), format_=form)
    assert [cue.text for cue in cues] == ["window 0", "window 1", "window 2"]


async def test_verbose_json_has_segments_as_openai_shapes_them(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    spool.engine.detection = LanguageDetection(language="de", confidence=0.9)
    found = await client.audio.transcriptions.create(
        file=("talk.flac", speech), model="whisper-1", response_format="verbose_json"
    )
    spool.engine.detection = LanguageDetection(language="en", confidence=0.9)
    assert isinstance(found, TranscriptionVerbose)
    TranscriptionVerbose.model_validate(found.model_dump())  # the client itself does not look
    assert (found.language, found.text, found.words) == ("german", SAID, None)
    assert found.duration == pytest.approx(17.0, abs=0.1)
    assert found.segments is not None
    assert "".join(each.text for each in found.segments).strip() == found.text
    assert [each.id for each in found.segments] == [0, 1, 2]
    times = [time for each in found.segments for time in (each.start, each.end)]
    assert times == sorted(times) and times[-1] <= 17.1
    assert all(each.seek == round(each.start * 100) for each in found.segments)
    assert all(0 < each.compression_ratio < 2 for each in found.segments)


async def test_words_alone_leave_the_segments_out(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", speech),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert isinstance(found, TranscriptionVerbose)
    assert found.words == [] and found.segments is None  # this engine knows no words
    assert all(options.word_timestamps for options in spool.engine.options)


async def test_a_medium_without_speech_has_an_empty_text(
    client: openai.AsyncOpenAI, quiet: bytes
) -> None:
    found = await client.audio.transcriptions.create(
        file=("quiet.wav", quiet), model="whisper-1", response_format="verbose_json"
    )
    assert isinstance(found, TranscriptionVerbose)
    assert (found.text, found.segments) == ("", [])


@pytest.mark.filterwarnings("ignore:deprecated")  # by the client, which goes with OpenAI's plans
async def test_a_translation_is_told_as_english(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    found = await client.audio.translations.create(
        file=("talk.flac", speech), model="whisper-1", response_format="verbose_json", prompt="Bonn"
    )
    assert found.text == SAID
    assert found.language == "english"
    assert {options.task for options in spool.engine.options} == {Task.TRANSLATE}
    assert {options.prompt for options in spool.engine.options} == {"Bonn"}


# what is made of the request


async def test_it_is_a_job_like_any_other_before_all_others(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    found = await client.audio.transcriptions.create(
        file=("talk.flac", speech), model="base", language="german", prompt="Friday"
    )
    job = await newest(spool)
    assert found._request_id == job["job_id"]
    assert (job["status"], job["title"]) == ("Completed", "talk.flac")
    asked = job["options"]
    assert asked["priority"] == "interactive"
    assert (asked["language"], asked["prompt"]) == ("de", "Friday")
    assert (asked["provider"], asked["model"]) == ("faster_whisper", "base")


@pytest.mark.parametrize("name", ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
async def test_openais_names_mean_the_default_engine(
    spool: Spool, client: openai.AsyncOpenAI, quiet: bytes, name: str
) -> None:
    await client.audio.transcriptions.create(file=("quiet.wav", quiet), model=name)
    assert {"provider", "model"} & set((await newest(spool))["options"]) == set()


async def test_what_asks_for_nothing_else_than_it_does_is_taken(
    spool: Spool, client: openai.AsyncOpenAI, quiet: bytes
) -> None:
    await client.audio.transcriptions.create(
        file=("quiet.wav", quiet), model="whisper-1", temperature=0.8, chunking_strategy="auto"
    )
    body, headers = multipart(
        ("file", "quiet.wav", quiet),
        ("language", None, b""),
        ("prompt", None, b""),
        ("stream", None, b"false"),
        ("model", None, b"whisper-1"),
        ("response_format", None, b"verbose_json"),
        ("timestamp_granularities", None, b"word"),
    )
    answer = await spool.http.post(TRANSCRIPTIONS, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "words" in answer.json() and "segments" not in answer.json()


# what is refused, and leaves nothing


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("response_format", "diarized_json", "response_format"),
        ("response_format", "", None),
        ("language", "klingon", "language"),
        ("temperature", "hot", "temperature"),
        ("temperature", "1.5", "temperature"),
        ("temperature", "nan", "temperature"),
        ("stream", "perhaps", "stream"),
        ("timestamp_granularities[]", "syllable", "timestamp_granularities[]"),
        ("timestamp_granularities[]", "word", "timestamp_granularities[]"),
        ("include[]", "logprobs", "include[]"),
        ("keywords[]", "Spool", "keywords[]"),
        ("chunking_strategy", "none", "chunking_strategy"),
        ("chunking_strategy[type]", "server_vad", "chunking_strategy[type]"),
        ("known_speaker_names[]", "Anna", "known_speaker_names[]"),
        ("no_such_field", "1", "no_such_field"),
        ("model", "base", "model"),
    ],
)
async def test_what_would_change_the_result_is_refused_by_name(
    spool: Spool, quiet: bytes, field: str, value: str, param: str | None
) -> None:
    sent = multipart(
        ("model", None, b"whisper-1"), (field, None, value.encode()), ("file", "q.wav", quiet)
    )
    answer = await spool.http.post(TRANSCRIPTIONS, content=sent[0], headers=sent[1])
    if param is None:  # empty: as if it were not there
        assert answer.status_code == 200
    else:
        assert error(answer, 400, "request.invalid")["param"] == param


async def test_streams_of_subtitles_are_refused(spool: Spool, quiet: bytes) -> None:
    body, headers = multipart(
        ("file", "q.wav", quiet),
        ("model", None, b"whisper-1"),
        ("stream", None, b"true"),
        ("response_format", None, b"srt"),
    )
    answer = spool.http.post(TRANSCRIPTIONS, content=body, headers=headers)
    assert "stream" in await refused(spool, answer, 400, "request.invalid")


async def test_the_translation_route_has_no_language(spool: Spool, quiet: bytes) -> None:
    body, headers = multipart(
        ("file", "q.wav", quiet), ("model", None, b"whisper-1"), ("language", None, b"de")
    )
    answer = spool.http.post(TRANSLATIONS, content=body, headers=headers)
    assert "language" in await refused(spool, answer, 400)


@pytest.mark.parametrize("surface", [TRANSCRIPTIONS, TRANSLATIONS])
async def test_a_form_without_its_file_or_model_is_refused(
    spool: Spool, quiet: bytes, surface: str
) -> None:
    for part, missing in ((("model", None, b"whisper-1"), "file"), (("file", "q", quiet), "model")):
        body, headers = multipart(part)
        answer = spool.http.post(surface, content=body, headers=headers)
        assert missing in await refused(spool, answer, 400, "request.invalid")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"model=whisper-1", "application/x-www-form-urlencoded"),
        (b"", ""),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
    ],
)
async def test_what_is_no_whole_form_is_refused(spool: Spool, body: bytes, kind: str) -> None:
    answer = spool.http.post(TRANSCRIPTIONS, content=body, headers={"Content-Type": kind})
    await refused(spool, answer, 400, "request.invalid")


async def test_an_unknown_model_is_not_found(
    spool: Spool, client: openai.AsyncOpenAI, quiet: bytes
) -> None:
    files = spool.files()
    for name in ("whisper-9", "../base", "gpt-4o-transcribe-diarize", "/etc/passwd"):
        with pytest.raises(openai.NotFoundError) as caught:
            await client.audio.transcriptions.create(file=("q.wav", quiet), model=name)
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        assert caught.value.type == "invalid_request_error"
    assert spool.files() == files


async def test_an_empty_file_is_refused(spool: Spool) -> None:
    body, headers = multipart(("file", "q.wav", b""), ("model", None, b"whisper-1"))
    answer = spool.http.post(TRANSCRIPTIONS, content=body, headers=headers)
    await refused(spool, answer, 400, "media.empty")


async def test_a_file_over_the_limit_is_refused(spool: Spool) -> None:
    large = bytes(MAX_FILE_SIZE + 1)
    body, headers = multipart(("file", "q.wav", large), ("model", None, b"whisper-1"))
    answer = spool.http.post(TRANSCRIPTIONS, content=body, headers=headers)
    await refused(spool, answer, 413, "upload.too_large")


# jobs that fail


@pytest.mark.parametrize("stream", [False, True])
async def test_a_medium_that_cannot_be_read_is_the_clients_fault(
    client: openai.AsyncOpenAI, stream: Any
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.audio.transcriptions.create(
            file=("talk.mp3", b"no sound at all" * 100), model="whisper-1", stream=stream
        )
    assert caught.value.code == "media.unreadable"
    assert caught.value.message.count("no sound") == 0
    assert caught.value.response.headers["x-request-id"]


async def test_an_engine_that_fails_for_good_is_not_and_is_not_asked_again(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    """The service has tried again already."""
    spool.engine.failures[0] = [ZeroDivisionError("of ours"), ZeroDivisionError("of ours")]
    with pytest.raises(openai.InternalServerError) as caught:
        await client.with_options(max_retries=2).audio.transcriptions.create(
            file=("talk.flac", speech), model="whisper-1"
        )
    assert caught.value.status_code == 502
    assert caught.value.type == "server_error"
    assert caught.value.response.headers["x-should-retry"] == "false"
    job = await newest(spool)
    assert (job["status"], job["attempts"]) == ("Failed", 2)
    assert caught.value.response.headers["x-request-id"] == job["job_id"]


async def test_what_an_engine_refuses_is_told_as_it_says_it(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    spool.engine.failures[0] = [EngineRefused("the model does not know yue")]
    with pytest.raises(openai.BadRequestError, match="does not know yue") as caught:
        await client.audio.transcriptions.create(
            file=("talk.flac", speech), model="whisper-1", language="yue"
        )
    assert caught.value.code == "engine.refused"


async def test_a_job_that_somebody_cancels_is_told_as_such(
    spool: Spool, client: openai.AsyncOpenAI, speech: bytes
) -> None:
    spool.engine.hold.clear()
    asking = asyncio.create_task(
        client.audio.transcriptions.create(file=("talk.flac", speech), model="whisper-1")
    )
    await spool.http.post(f"/api/v1/jobs/{await taken_in(spool)}/cancel")
    with pytest.raises(openai.BadRequestError) as caught:
        await asking
    assert caught.value.code == "cancelled"


async def taken_in(spool: Spool) -> str:
    """The id of the job that is on its way now."""
    async with asyncio.timeout(60):
        while True:
            listed = await spool.http.get("/api/v1/jobs", params={"status": "running"})
            for job in listed.json()["jobs"]:
                return str(job["job_id"])
            await asyncio.sleep(0.01)
