"""The openai engine: what an endpoint is sent, and that whatever it answers does no harm."""

import gzip
import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from app.adapters.engines import openai_http
from app.adapters.engines.openai_http import OpenAIEngine
from app.domain.decoding import DecodingOptions
from app.domain.endpoint_answers import MOST_BYTES
from app.domain.errors import EngineError, EngineRefused
from app.domain.jobs import Task
from app.domain.media import SAMPLE_RATE
from tests.contracts.test_transcription_engine import ENGLISH, heard, window_of

ROUTE = "/v1/audio/transcriptions"


@pytest.fixture
async def endpoint(httpserver: HTTPServer) -> AsyncIterator[OpenAIEngine]:
    engine = OpenAIEngine(base_url=httpserver.url_for("/v1"), api_key="sk-test", model="whisper-1")
    yield engine
    await engine.aclose()


def answers(httpserver: HTTPServer, path: str, body: Any, status: int = 200) -> list[Request]:
    """Let the endpoint answer; collects the requests it gets."""
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        _ = request.form, request.files  # read the body while the connection is open
        seen.append(request)
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status, content_type="application/json")

    httpserver.expect_request(path, method="POST").respond_with_handler(handler)
    return seen


VERBOSE = {
    "text": "Ask not. What your country.",
    "language": "english",
    "segments": [
        {"start": 0.0, "end": 1.5, "text": " Ask not.", "avg_logprob": -0.1, "no_speech_prob": 0.0},
        {"start": 1.5, "end": 99.0, "text": " What your country."},
    ],
    "words": [
        {"word": "Ask", "start": 0.1, "end": 0.5},
        {"word": "not.", "start": 0.5, "end": 1.5},
        {"word": "What", "start": 1.6, "end": 2.0},
    ],
}


async def test_an_endpoint_is_sent_the_window_as_wav_with_all_options(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    seen = answers(httpserver, ROUTE, VERBOSE)
    options = DecodingOptions(language="en", prompt="JFK", word_timestamps=True)
    [result] = await heard(endpoint, [window_of(jfk, tmp_path, after=30.0)], options)
    [request] = seen
    assert request.headers["Authorization"] == "Bearer sk-test"
    assert request.form["model"] == "whisper-1"
    assert request.form["language"] == "en"
    assert request.form["prompt"] == "JFK"
    assert request.form.getlist("timestamp_granularities[]") == ["segment", "word"]
    assert result.language == "en"
    assert [segment.start for segment in result.segments] == [30.0, 31.5]
    assert result.segments[1].end == pytest.approx(41.0)  # never past the window
    assert [word.text for word in result.segments[0].words] == ["Ask", "not."]


async def test_the_wav_holds_the_window_and_nothing_else(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    sizes: list[int] = []

    def handler(request: Request) -> Response:
        sound, rate = soundfile.read(request.files["file"].stream)
        sizes.extend([len(sound), rate])
        return Response('{"text": ""}', content_type="application/json")

    httpserver.expect_request(ROUTE).respond_with_handler(handler)
    await heard(endpoint, [window_of(jfk, tmp_path, after=5.0)], ENGLISH)
    assert sizes == [11 * SAMPLE_RATE, SAMPLE_RATE]


async def test_an_endpoint_without_segments_gives_one(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    answers(httpserver, ROUTE, {"text": " Ask not. "})
    [result] = await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    [segment] = result.segments
    assert (segment.text, segment.start, segment.end) == ("Ask not.", 0.0, 11.0)


async def test_translation_goes_to_its_own_route(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    seen = answers(httpserver, "/v1/audio/translations", {"text": "Hello."})
    options = DecodingOptions(language="de", task=Task.TRANSLATE)
    await heard(endpoint, [window_of(jfk, tmp_path)], options)
    assert "language" not in seen[0].form  # the route has no such parameter


@pytest.mark.parametrize("status", [401, 400, 404])
async def test_a_refusal_is_not_worth_another_try(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path, status: int
) -> None:
    answers(httpserver, ROUTE, {"error": {"message": "bad key"}}, status)
    with pytest.raises(EngineRefused, match="bad key") as caught:
        await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("busy", 429),
        ("oops", 500),
        ("<html>", 200),
        ({"no": "text"}, 200),
        ({"text": "x", "segments": [{}]}, 200),
    ],
)
async def test_trouble_at_the_endpoint_is_worth_another_try(
    endpoint: OpenAIEngine,
    httpserver: HTTPServer,
    jfk: Path,
    tmp_path: Path,
    body: Any,
    status: int,
) -> None:
    answers(httpserver, ROUTE, body, status)
    with pytest.raises(EngineError) as caught:
        await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert caught.value.retryable


async def test_an_endpoint_that_is_not_there_is_worth_another_try(
    jfk: Path, tmp_path: Path, unused_port: int
) -> None:
    engine = OpenAIEngine(base_url=f"http://127.0.0.1:{unused_port}", api_key=None, model="m")
    with pytest.raises(EngineError) as caught:
        await heard(engine, [window_of(jfk, tmp_path)], ENGLISH)
    assert caught.value.retryable
    await engine.aclose()


# What it may answer: it is anybody's machine


async def listened(endpoint: OpenAIEngine, jfk: Path, folder: Path) -> None:
    await heard(endpoint, [window_of(jfk, folder)], ENGLISH)


async def test_an_answer_without_end_is_not_read_to_its_end(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    sent: list[bytes] = []

    def speak(request: Request) -> Response:
        _ = request.form

        def pieces() -> Iterator[bytes]:
            while len(sent) < 1000:
                sent.append(b" " * (1 << 16))
                yield sent[-1]

        return Response(pieces())

    httpserver.expect_request(ROUTE).respond_with_handler(speak)
    with pytest.raises(EngineError, match="more than 1048576 bytes"):
        await listened(endpoint, jfk, tmp_path)
    assert len(sent) < 1000


async def test_a_packed_answer_is_not_unpacked(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    bomb = gzip.compress(b'{"text": "' + b" " * (64 * MOST_BYTES) + b'"}')
    assert len(bomb) < MOST_BYTES
    asked: list[str | None] = []

    def answer(request: Request) -> Response:
        _ = request.form
        asked.append(request.headers.get("Accept-Encoding"))
        return Response(bomb, headers={"Content-Encoding": "gzip"})

    httpserver.expect_request(ROUTE).respond_with_handler(answer)
    with pytest.raises(EngineError, match="packed"):
        await listened(endpoint, jfk, tmp_path)
    assert asked == ["identity"]


async def test_an_answer_that_drips_is_given_up(
    endpoint: OpenAIEngine,
    httpserver: HTTPServer,
    jfk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_http, "LONGEST_WAIT", 0.3)
    gone = threading.Event()

    def speak(request: Request) -> Response:
        _ = request.form

        def drops() -> Iterator[bytes]:
            while not gone.wait(0.02):
                yield b" "

        return Response(drops())

    httpserver.expect_request(ROUTE).respond_with_handler(speak)
    try:
        with pytest.raises(EngineError, match=r"within 0\.3 s") as caught:
            await listened(endpoint, jfk, tmp_path)
    finally:
        gone.set()
    assert caught.value.retryable


NESTED = "[" * 100_000
A_TIME = '{"text": "a", "segments": [{"start": %s, "end": 1, "text": "a"}]}'


@pytest.mark.parametrize(
    "answer",
    [
        '{"text": ' + NESTED,
        '{"text": ' + NESTED + "]" * len(NESTED) + "}",
        A_TIME % "NaN",
        A_TIME % "Infinity",
        A_TIME % "-1e999",
        A_TIME % ("9" * 400),
        A_TIME % ("9" * 5000),
        A_TIME % '"soon"',
        A_TIME % ('"' + "x" * 100_000 + '"'),
        A_TIME % "null",
        A_TIME % "[]",
        A_TIME % "{}",
        '{"text": null}',
        '{"text": ["a"]}',
        '{"text": "a", "segments": 1}',
        '{"text": "a", "segments": "abc"}',
        '{"text": "a", "segments": {"start": 0}}',
        '{"text": "a", "segments": [null]}',
        '{"text": "a", "segments": [["start"]]}',
        '{"text": "a", "segments": [{"start": 0, "end": 1, "text": {"a": 1}}]}',
        '{"text": "a", "segments": [{"start": 0, "end": 1, "text": "a", "avg_logprob": []}]}',
        '{"text": "a", "words": [{"start": 0, "end": 1}]}',
        '{"text": "a", "words": [{"start": 0, "end": NaN, "word": "a"}]}',
        '{"text": "a", "words": [{"start": 0, "end": 1, "word": 7}]}',
        "[]",
        "1",
        '"text"',
        "\x00\xff",
        "",
    ],
    ids=range(29),
)
async def test_nonsense_is_a_planned_error_in_a_few_words(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path, answer: str
) -> None:
    answers(httpserver, ROUTE, answer)
    with pytest.raises(EngineError) as caught:
        await listened(endpoint, jfk, tmp_path)
    assert caught.value.retryable
    assert len(caught.value.message) < 1000


async def test_half_a_letter_is_none(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    """It was found out when the result was written: a fault of ours, and another try."""
    half = r'{"start": 0, "end": 1, "text": "a \ud83d b"}'
    whole = r'{"start": 1, "end": 2, "text": "\ud83d\ude00"}'
    words = r'{"start": 0, "end": 1, "word": "\udcff"}'
    answers(
        httpserver, ROUTE, f'{{"text": "a", "segments": [{half}, {whole}], "words": [{words}]}}'
    )
    [result] = await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert [segment.text for segment in result.segments] == ["a ? b", "😀"]
    assert [word.text for segment in result.segments for word in segment.words] == ["?"]


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1e999", "null"])
async def test_a_figure_that_is_none_is_left_out(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path, figure: str
) -> None:
    one = f'{{"start": 0, "end": 1, "text": "a", "avg_logprob": {figure}}}'
    answers(httpserver, ROUTE, f'{{"text": "a", "segments": [{one}]}}')
    [result] = await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert [(each.text, each.avg_logprob) for each in result.segments] == [("a", None)]


async def test_thousands_of_words_in_thousands_of_segments_find_their_places(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    times = [number / 1000 for number in range(9000)]
    segments = [{"start": at, "end": at, "text": "a"} for at in times]
    words = [{"start": at, "end": at, "word": "b"} for at in times]
    answers(httpserver, ROUTE, {"text": "a", "segments": segments, "words": words})
    [result] = await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert len(result.segments) == len(times)
    assert {len(segment.words) for segment in result.segments} == {1}
    assert all(segment.words[0].start == segment.start for segment in result.segments)


async def test_a_redirect_takes_the_sound_and_the_key_nowhere_else(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    location = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request(ROUTE).respond_with_data(status=307, headers=location)
    with pytest.raises(EngineRefused, match="307"):
        await listened(endpoint, jfk, tmp_path)
    assert [request.path for request, _ in httpserver.log] == [ROUTE]


async def test_no_cookie_comes_back_however_it_is_written(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    """After one beyond ASCII no request could be written any more."""
    sent: list[str | None] = []

    def answer(request: Request) -> Response:
        _ = request.form
        sent.append(request.headers.get("Cookie"))
        return Response('{"text": "a"}', headers={"Set-Cookie": "who=m\xe9; Path=/"})

    httpserver.expect_request(ROUTE).respond_with_handler(answer)
    for _ in range(2):
        await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)
    assert sent == [None, None]


async def test_a_redirect_to_half_an_address_is_a_planned_error(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    class AsItIs(Response):
        def get_wsgi_headers(self, environ: Any) -> Headers:
            return self.headers

    half = AsItIs(status=302, headers={"Location": ":http://[bad", "Content-Length": "0"})
    httpserver.expect_request(ROUTE).respond_with_response(half)
    with pytest.raises(EngineError, match="Invalid IPv6 URL"):
        await heard(endpoint, [window_of(jfk, tmp_path)], ENGLISH)


async def test_proxies_of_the_environment_are_not_asked(
    httpserver: HTTPServer,
    jfk: Path,
    tmp_path: Path,
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    answers(httpserver, ROUTE, VERBOSE)
    engine = OpenAIEngine(base_url=httpserver.url_for("/v1"), api_key=None, model="m")
    await listened(engine, jfk, tmp_path)
    await engine.aclose()
    assert len(httpserver.log) == 1


async def test_a_password_in_the_address_is_in_no_error(
    jfk: Path, tmp_path: Path, unused_port: int
) -> None:
    url = f"http://me:hush@127.0.0.1:{unused_port}/v1"
    engine = OpenAIEngine(base_url=url, api_key="sk-secret", model="m")
    with pytest.raises(EngineError, match=str(unused_port)) as caught:
        await listened(engine, jfk, tmp_path)
    await engine.aclose()
    assert "hush" not in caught.value.message and "sk-secret" not in caught.value.message


@pytest.mark.parametrize("body", [{"error": {"message": "no {}"}}, {"detail": "no {}"}])
async def test_a_key_that_the_endpoint_repeats_is_in_no_error_whatever_it_looks_like(
    httpserver: HTTPServer, jfk: Path, tmp_path: Path, body: dict[str, Any]
) -> None:
    answers(httpserver, ROUTE, json.loads(json.dumps(body).replace("{}", "swordfish")), 401)
    engine = OpenAIEngine(base_url=httpserver.url_for("/v1"), api_key="swordfish", model="m")
    with pytest.raises(EngineRefused, match=r"no \*\*\*") as caught:
        await listened(engine, jfk, tmp_path)
    await engine.aclose()
    assert "swordfish" not in caught.value.message


async def test_a_refusal_is_told_on_one_line_without_signs_that_rule_a_terminal(
    endpoint: OpenAIEngine, httpserver: HTTPServer, jfk: Path, tmp_path: Path
) -> None:
    told = {"error": {"message": "no\n2026-01-01 ERROR \x1b[31m\ud800you\u202e " + "x" * 9000}}
    answers(httpserver, ROUTE, told, 400)
    with pytest.raises(EngineRefused) as caught:
        await listened(endpoint, jfk, tmp_path)
    message = caught.value.message
    assert "400: no 2026-01-01 ERROR [31myou x" in message
    assert message.isprintable() and len(message) < 600
