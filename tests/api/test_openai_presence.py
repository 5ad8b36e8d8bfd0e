"""A client of `/v1/audio` is told as the job runs, and takes the job with it when it goes."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import openai
import pytest
from starlette.types import ASGIApp, Message

from app.domain.errors import EngineRefused
from app.services.follow import JobEvent, JobFollower
from tests.api.spool import Spool, calling, error, multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRANSCRIPTIONS = "/v1/audio/transcriptions"


class Call:
    """A form that was sent in whole, and an answer that is read as it comes."""

    def __init__(self, asgi: ASGIApp, sound: bytes, **fields: str) -> None:
        parts = [(name, None, value.encode()) for name, value in fields.items()]
        body, headers = multipart(("model", None, b"whisper-1"), *parts, ("file", "t.flac", sound))
        self._body: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._task = asyncio.ensure_future(asgi(_scope(headers), self._receive, self._sent.put))

    async def _receive(self) -> Message:
        if self._body:
            return self._body.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> Message:
        async with asyncio.timeout(60):
            return await self._sent.get()

    async def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((await self.next())["body"].removeprefix(b"data: "))
        return found

    async def hang_up(self) -> None:
        self._gone.set()
        async with asyncio.timeout(60):
            await self._task


def _scope(headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": TRANSCRIPTIONS,
        "raw_path": TRANSCRIPTIONS.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("spool", 80),
    }


async def running(spool: Spool) -> str:
    """The id of the job that is on its way."""
    async with asyncio.timeout(60):
        while True:
            listed = await spool.http.get("/api/v1/jobs", params={"status": "running"})
            for job in listed.json()["jobs"]:
                return str(job["job_id"])
            await asyncio.sleep(0.01)


async def until_told(spool: Spool, job_id: str, texts: list[str]) -> None:
    """Until the result so far holds these segments."""
    async with asyncio.timeout(60):
        while True:
            answer = await spool.http.get(f"/api/v1/jobs/{job_id}/result")
            assert answer.status_code == 202, answer.text
            if [segment["text"] for segment in answer.json()["segments"]] == texts:
                return
            await asyncio.sleep(0.01)


@pytest.fixture
def client(spool: Spool) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url="http://localhost/v1", api_key="none", http_client=spool.http, max_retries=0
    )


async def events(stream: AsyncIterator[Any]) -> tuple[list[str], str]:
    """What was added, piece by piece, and the whole at the end."""
    found = [event async for event in stream]
    assert [event.type for event in found[:-1]] == ["transcript.text.delta"] * (len(found) - 1)
    assert found[-1].type == "transcript.text.done"
    return [event.delta for event in found[:-1]], found[-1].text


# streams


async def test_a_stream_tells_segment_by_segment_and_then_the_whole(
    client: openai.AsyncOpenAI, speech: bytes
) -> None:
    stream = await client.audio.transcriptions.create(
        file=("talk.flac", speech), model="whisper-1", stream=True
    )
    pieces, whole = await events(stream)
    assert pieces == ["window 0", " window 1", " window 2"]
    assert "".join(pieces) == whole


async def test_a_stream_of_silence_is_its_end(client: openai.AsyncOpenAI, quiet: bytes) -> None:
    stream = await client.audio.transcriptions.create(
        file=("quiet.wav", quiet), model="whisper-1", stream=True
    )
    assert await events(stream) == ([], "")


async def test_what_is_finished_is_told_while_the_rest_is_heard(
    spool: Spool, speech: bytes
) -> None:
    """In the order of time: what comes after a gap waits for it."""
    first, second = asyncio.Event(), asyncio.Event()
    spool.engine.gates = {0: first, 1: second}
    call = Call(spool.asgi, speech, stream="true")
    job_id = await running(spool)
    first.set()
    start = await call.next()
    assert start["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    assert (b"x-request-id", job_id.encode()) in start["headers"]
    assert (await call.event())["delta"] == "window 0"
    await until_told(spool, job_id, ["window 0", "window 2"])  # the last must not be streamed yet
    second.set()
    told = [await call.event() for _ in range(3)]
    assert [event.get("delta") for event in told] == [" window 1", " window 2", None]
    assert told[-1] == {"type": "transcript.text.done", "text": "window 0 window 1 window 2"}
    assert (await call.next())["more_body"] is False
    await call.hang_up()
    assert (await spool.job(job_id))["status"] == "Completed"


async def test_a_stream_that_breaks_ends_in_an_error(spool: Spool, speech: bytes) -> None:
    gate = asyncio.Event()
    spool.engine.gates, spool.engine.failures = {1: gate}, {1: [EngineRefused("enough")]}
    call = Call(spool.asgi, speech, stream="true")
    assert (await call.next())["status"] == 200
    assert (await call.event())["delta"] == "window 0"
    gate.set()
    last = (await call.event())["error"]
    assert (last["code"], last["message"]) == ("engine.refused", "enough")
    assert (await call.next())["more_body"] is False
    await call.hang_up()


# clients that go


@pytest.mark.parametrize("stream", ["false", "true"])
async def test_a_client_that_hangs_up_before_the_first_word_cancels_its_job(
    spool: Spool, speech: bytes, stream: str
) -> None:
    spool.engine.hold.clear()
    call = Call(spool.asgi, speech, stream=stream)
    job_id = await running(spool)
    await call.hang_up()
    assert (await spool.job(job_id))["status"] == "Cancelled"


async def test_a_client_that_hangs_up_in_the_middle_of_a_stream_cancels_its_job(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.gates = {1: asyncio.Event()}
    call = Call(spool.asgi, speech, stream="true")
    assert (await call.next())["status"] == 200
    assert (await call.event())["delta"] == "window 0"
    job_id = await running(spool)
    await call.hang_up()
    assert (await spool.job(job_id))["status"] == "Cancelled"


# a service that goes


class Stopping:
    """Follows no job to its end."""

    closed = True

    async def follow(self, job_id: str, after: int = 0) -> AsyncIterator[JobEvent]:
        nothing: tuple[JobEvent, ...] = ()
        for event in nothing:
            yield event


@pytest.mark.parametrize("stream", ["false", "true"])
async def test_a_service_that_stops_says_so_and_keeps_the_job(
    spool: Spool, speech: bytes, stream: str
) -> None:
    spool.engine.hold.clear()
    doors = replace(spool.doors, follower=cast(JobFollower, Stopping()))
    body, headers = multipart(
        ("model", None, b"whisper-1"), ("stream", None, stream.encode()), ("file", "t", speech)
    )
    async with calling(doors) as (_, http):
        answer = await http.post(TRANSCRIPTIONS, content=body, headers=headers)
    error(answer, 503, "service.unavailable")
    assert int(answer.headers["retry-after"]) > 0
    job_id = await running(spool)
    assert answer.headers["x-request-id"] == job_id and job_id in answer.text
    assert answer.headers["x-should-retry"] == "false"
    spool.engine.hold.set()
    assert (await spool.ended(job_id))["status"] == "Completed"
