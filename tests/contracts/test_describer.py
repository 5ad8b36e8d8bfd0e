"""The port `Describer` over an endpoint that answers as OpenAI's does."""

import base64
import gzip
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.pictures.describer import OpenAIDescriber
from app.domain.errors import EngineError, EngineRefused
from app.ports import Describer
from tests.contracts.test_embedder import OneWorker
from tests.pictures import halves, plain

PATH = "/v1/chat/completions"


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneWorker]:
    worker = OneWorker(tmp_path_factory.mktemp("output") / "printed")
    yield worker
    worker.close()


@pytest.fixture
async def describer(worker: OneWorker, httpserver: HTTPServer) -> AsyncIterator[Describer]:
    describer = OpenAIDescriber(
        worker,
        base_url=httpserver.url_for("/v1"),
        api_key="swordfish",
        model="eyes-1",
    )
    yield describer
    await describer.aclose()


def told(text: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


async def test_the_picture_travels_small(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        request.get_data()
        asked.append(request)
        return Response(json.dumps(told("Two  halves,\nred and blue.")))

    httpserver.expect_request(PATH, method="POST").respond_with_handler(answer)
    source = halves(tmp_path / "a.jpg", orientation=6, size=(1600, 1200))
    assert await describer.describe(plain(source)) == "Two halves, red and blue."
    [request] = asked
    assert request.headers["Authorization"] == "Bearer swordfish"
    body = json.loads(request.data)
    assert body["model"] == "eyes-1"
    [words, picture] = body["messages"][0]["content"]
    assert "what this picture shows" in words["text"]
    head, _, jpeg = picture["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(jpeg))) as image:
        assert (image.format, image.size) == ("JPEG", (576, 768))


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"error": {"message": "no such key"}}, EngineRefused, "401: no such key"),
        (401, {"error": {"message": "no key swordfish"}}, EngineRefused, r"401: no key \*\*\*"),
        (400, "it cannot see", EngineRefused, "400: it cannot see"),
        (429, {"error": {"message": "slower"}}, EngineError, "slower"),
        (503, "", EngineError, "503"),
        (200, "<html>", EngineError, "not JSON"),
        (200, {"choices": []}, EngineError, "without a description"),
        (200, [1], EngineError, "without a description"),
    ],
)
async def test_a_refusal_says_what_the_endpoint_said(
    describer: Describer,
    httpserver: HTTPServer,
    tmp_path: Path,
    status: int,
    body: object,
    error: type[EngineError],
    words: str,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    httpserver.expect_request(PATH).respond_with_data(text, status=status)
    with pytest.raises(error, match=words) as caught:
        await describer.describe(plain(halves(tmp_path / "a.png")))
    assert caught.value.retryable == (error is EngineError)


@pytest.mark.parametrize("text", ["", None, "  "])
async def test_no_words_are_no_description(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path, text: str | None
) -> None:
    httpserver.expect_request(PATH).respond_with_json(told(text))
    assert await describer.describe(plain(halves(tmp_path / "a.png"))) == ""


async def test_half_a_letter_is_none(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request(PATH).respond_with_json(told("a \ud83d cup 😀"))
    assert await describer.describe(plain(halves(tmp_path / "a.png"))) == "a ? cup 😀"


async def test_no_cookie_comes_back_however_it_is_written(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    """After one beyond ASCII no request could be written any more."""
    cookie = {"Set-Cookie": "who=m\xe9; Path=/"}
    httpserver.expect_request(PATH).respond_with_json(told("a cup"), headers=cookie)
    for _ in range(2):
        assert await describer.describe(plain(halves(tmp_path / "a.png"))) == "a cup"
    assert [request.headers.get("Cookie") for request, _ in httpserver.log] == [None, None]


async def test_a_long_speech_is_cut(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request(PATH).respond_with_json(told("word " * 10_000))
    assert len(await describer.describe(plain(halves(tmp_path / "a.png")))) == 2000


async def test_an_answer_without_end_is_not_read_to_its_end(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    sent: list[bytes] = []

    def speak() -> Iterator[bytes]:
        while len(sent) < 1000:
            sent.append(b" " * (1 << 16))
            yield sent[-1]

    httpserver.expect_request(PATH).respond_with_handler(lambda _: Response(speak()))
    with pytest.raises(EngineError, match="more than 1048576 bytes"):
        await describer.describe(plain(halves(tmp_path / "a.png")))
    assert len(sent) < 1000


@pytest.mark.parametrize(
    "answer",
    [
        '{"choices": ' + "[" * 100_000,
        '{"choices": [{"message": {"content": ' + "[" * 500 + "]" * 500 + "}}]}",
        '{"choices": [{"message": {"content": 7}}]}',
        '{"choices": [{"message": {"content": {"a": 1}}}]}',
        '{"choices": {"0": {}}}',
        "NaN",
    ],
    ids=range(6),
)
async def test_nonsense_is_a_planned_error(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path, answer: str
) -> None:
    httpserver.expect_request(PATH).respond_with_data(answer)
    with pytest.raises(EngineError):
        await describer.describe(plain(halves(tmp_path / "a.png")))


async def test_a_packed_answer_is_not_unpacked(
    describer: Describer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    bomb = gzip.compress(json.dumps(told(" " * (64 << 20))).encode())
    packed = {"Content-Encoding": "gzip"}
    httpserver.expect_request(PATH).respond_with_data(bomb, headers=packed)
    with pytest.raises(EngineError, match="packed"):
        await describer.describe(plain(halves(tmp_path / "a.png")))


async def test_nobody_there_is_told_as_such(
    worker: OneWorker, tmp_path: Path, unused_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_port}/v1"
    nobody = OpenAIDescriber(worker, base_url=url, api_key=None, model="m")
    with pytest.raises(EngineError, match=str(unused_port)):
        await nobody.describe(plain(halves(tmp_path / "a.png")))
    await nobody.aclose()
