"""Every error under `/v1` is in OpenAI's shape, and nowhere else."""

from dataclasses import replace
from typing import Any, cast

import openai
import pytest

from app.domain import errors
from app.services.follow import JobFollower
from app.services.intake import Intake
from app.web import openai_errors
from tests.api.spool import Spool, calling, error, multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIO = ("/v1/audio/transcriptions", "/v1/audio/translations")


async def test_a_route_that_is_not_there(spool: Spool) -> None:
    for path in ("/v1/chat/completions", "/v1/", "/v1/audio", "/v1/models/a/b"):
        found = error(await spool.http.post(path), 404, "route.not_found")
        assert found["type"] == "invalid_request_error"


async def test_a_method_that_is_not_there(spool: Spool) -> None:
    for path in AUDIO:
        answer = await spool.http.get(path)
        error(answer, 405, "route.method_not_allowed")
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", AUDIO)
async def test_a_declared_length_over_the_limit_is_refused_before_the_body(
    spool: Spool, path: str
) -> None:
    headers = {"Content-Length": str(10**12), "Content-Type": "multipart/form-data; boundary=b"}
    error(await spool.http.post(path, content=b"", headers=headers), 413, "upload.too_large")


class Failing:
    """Behind the doors everything fails in the same way."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    def make_room(self, size: int) -> None:
        raise self._trouble


@pytest.mark.parametrize(
    ("trouble", "status", "code", "kind"),
    [
        (errors.InvalidRequest("prompt: no"), 400, "request.invalid", "invalid_request_error"),
        (errors.Unauthorized("no key"), 401, "invalid_api_key", "invalid_request_error"),
        (errors.Forbidden("not you"), 403, "source.forbidden", "invalid_request_error"),
        (errors.RateLimited("too fast"), 429, "rate_limit_exceeded", "requests"),
        (errors.Unavailable("later"), 503, "service.unavailable", "server_error"),
        (errors.StorageFull("full"), 507, "storage.full", "server_error"),
        (ZeroDivisionError("secret"), 500, "internal", "server_error"),
    ],
)
async def test_every_kind_of_trouble(
    spool: Spool, trouble: Exception, status: int, code: str, kind: str
) -> None:
    doors = replace(spool.doors, intake=cast(Intake, Failing(trouble)))
    async with calling(doors) as (_, http):
        for path in AUDIO:
            answer = await http.post(path)
            found = error(answer, status, code)
            assert found["type"] == kind
            assert "secret" not in answer.text
        client = openai.AsyncOpenAI(
            base_url="http://localhost/v1", api_key="none", http_client=http, max_retries=0
        )
        with pytest.raises(openai.APIStatusError) as caught:
            await client.audio.transcriptions.create(file=("q", b"x"), model="whisper-1")
        assert (caught.value.status_code, caught.value.code) == (status, code)


async def test_a_hint_is_part_of_the_message(spool: Spool) -> None:
    trouble = errors.Unauthorized("no key", hint="bring one")
    async with calling(replace(spool.doors, intake=cast(Intake, Failing(trouble)))) as (_, http):
        assert error(await http.post(AUDIO[0]), 401)["message"] == "no key (bring one)"


class Deleted:
    """The job was deleted while somebody waited for it."""

    closed = False

    async def follow(self, job_id: str, after: int = 0) -> Any:
        raise errors.NotFound(f"no job {job_id}", code="job.not_found")
        yield


async def test_a_job_that_is_deleted_meanwhile(spool: Spool, quiet: bytes) -> None:
    body, headers = multipart(("model", None, b"whisper-1"), ("file", "q.wav", quiet))
    doors = replace(spool.doors, follower=cast(JobFollower, Deleted()))
    async with calling(doors) as (_, http):
        error(await http.post(AUDIO[0], content=body, headers=headers), 404, "job.not_found")


async def test_other_surfaces_keep_the_one_shape(spool: Spool) -> None:
    for path in ("/v1", "/v2/models", "/api/v1/nothing", "/v11"):
        answer = await spool.http.get(path)
        assert answer.status_code == 404
        shape = {"message", "type", "param", "code"} if path == "/v1" else {"code", "message"}
        assert shape <= answer.json()["error"].keys()


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("model: is missing", "model"),
        ("timestamp_granularities[].0: Input should be 'word'", "timestamp_granularities[]"),
        ("chunking_strategy[type]: is not known here", "chunking_strategy[type]"),
        ("body: no object", None),
        ("the multipart body is broken: at once", None),
        ("no colon", None),
    ],
)
async def test_the_field_that_is_wrong_is_named(message: str, param: str | None) -> None:
    trouble = {"code": "request.invalid", "message": message, "hint": None}
    status, body = openai_errors.translated(422, trouble)
    assert (status, body["error"]["param"]) == (400, param)
