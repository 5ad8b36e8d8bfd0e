"""Jobs whose worker crashes, and clients that wait for one when the service stops."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio

from app.domain.errors import EngineCrashed
from tests import media
from tests.api.events import followed
from tests.api.spool import Spool, asgi_get, multipart, opened
from tests.api.test_openai_presence import Call, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
CRASH = EngineCrashed("died", exit_status=-11)


async def under_way(spool: Spool) -> None:
    async with asyncio.timeout(60):
        while spool.engine.at_work == 0:  # noqa: ASYNC110 - the engine counts, and tells nobody
            await asyncio.sleep(0)


# crashes


async def video_status(spool: Spool, job_id: str) -> dict[str, Any]:
    answer = await spool.http.get(f"/video/status/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def until(spool: Spool, job_id: str, status: str) -> None:
    async with asyncio.timeout(60):
        while (await video_status(spool, job_id))["status"] != status:
            pass


async def test_a_job_whose_worker_crashed_is_pending_again_before_it_runs_again(
    spool: Spool, speech: bytes, tmp_path: Path
) -> None:
    (tmp_path / "speech.flac").write_bytes(speech)
    film = media.make_video(tmp_path / "film.mp4", tmp_path / "speech.flac").read_bytes()
    crash, rest = asyncio.Event(), asyncio.Event()
    spool.engine.gates, spool.engine.failures = {0: crash}, {0: [CRASH]}
    answer = await spool.http.post("/video/submit", content=film)
    job_id = answer.json()["job_id"]
    await until(spool, job_id, "running")
    await under_way(spool)
    spool.engine.gates = {0: rest}
    others = [await spool.take_in(speech) for _ in range(2)]  # they hold both places
    await until(spool, others[0], "running")
    crash.set()
    await until(spool, others[1], "running")
    told = await video_status(spool, job_id)
    assert told == {"job_id": job_id, "status": "pending", "progress": 0}
    rest.set()
    assert (await spool.completed(job_id))["attempts"] == 2
    assert (await video_status(spool, job_id))["status"] == "completed"
    for each in others:
        await spool.completed(each)


async def test_a_retried_job_enters_its_stage_again_and_the_events_say_so(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.hold.clear()
    spool.engine.failures = {2: [CRASH]}
    job_id = await spool.take_in(speech)
    following = asyncio.create_task(followed(spool, job_id))
    await under_way(spool)
    spool.engine.hold.set()
    told = [event.data for event in await following if event.kind == "state"]
    states = [(each["status"], each["attempts"]) for each in told]
    assert states[-1] == ("Completed", 2)
    first, again = ("Transcribing", 1), ("Transcribing", 2)
    assert states.count(first) == states.count(again) == 1
    between = states[states.index(first) + 1 : states.index(again)]
    assert between[0][0] == "Pending" and {name for name, _ in between} <= {
        "Pending",
        "MediaExtraction",
    }


# a service that stops


@pytest_asyncio.fixture(loop_scope="module")
async def stopping(tmp_path: Path, model_folder: Path, speech: bytes) -> AsyncIterator[Spool]:
    """A house of its own: it is told to stop."""
    async with opened(tmp_path, model_folder) as spool:
        spool.engine.hold.clear()
        yield spool


async def test_who_waits_at_a_stop_is_told_the_id_of_the_job_that_goes_on(
    stopping: Spool, speech: bytes
) -> None:
    body, headers = multipart(("file", "talk.flac", speech))
    waiting = asyncio.create_task(
        stopping.http.post("/process-audio", content=body, headers=headers)
    )
    job_id = await running(stopping)
    stopping.doors.send_away()
    answer = await waiting
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
    told = answer.json()
    assert (told["job_id"], told["error"]["job_id"]) == (job_id, job_id)
    assert told["status"] == "processing" and "goes on" in told["error_message"]
    assert told["error"]["code"] == "service.unavailable"
    assert f"/result/{job_id}" in told["error"]["hint"]
    assert (await stopping.http.get(f"/result/{job_id}")).status_code == 202


async def test_openais_client_sends_nothing_again_to_a_service_that_stops(
    stopping: Spool, speech: bytes
) -> None:
    """With the retries that it has by itself."""
    client = openai.AsyncOpenAI(
        base_url="http://localhost/v1", api_key="none", http_client=stopping.http
    )
    assert client.max_retries > 0
    waiting = asyncio.ensure_future(
        client.audio.transcriptions.create(file=("talk.flac", speech), model="whisper-1")
    )
    job_id = await running(stopping)
    stopping.doors.send_away()
    with pytest.raises(openai.InternalServerError) as caught:
        await waiting
    assert (caught.value.status_code, caught.value.request_id) == (503, job_id)
    assert await stopping.count() == 1
    assert not (await stopping.job(job_id))["finished_at"]


async def test_a_client_that_is_cut_off_by_a_stop_has_not_cancelled_its_job(
    stopping: Spool, speech: bytes
) -> None:
    """One that does not read is parted with when the time of grace is over."""
    stopping.engine.hold.set()
    stopping.engine.gates = {1: asyncio.Event()}
    call = Call(stopping.asgi, speech, stream="true")
    assert (await call.next())["status"] == 200
    assert (await call.event())["delta"] == "window 0"
    job_id = await running(stopping)
    stopping.doors.send_away()
    await call.hang_up()
    assert not (await stopping.job(job_id))["finished_at"]


# a client that stops


async def test_who_hangs_up_while_it_waits_for_news_is_waited_for_no_more(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    gone = asyncio.Event()
    sent: list[int] = []

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("status", 0))

    scope = asgi_get(f"/api/v1/jobs/{job_id}", b"wait=300")
    waiting = asyncio.ensure_future(spool.asgi(scope, receive, send))
    await under_way(spool)
    assert not waiting.done()
    gone.set()
    async with asyncio.timeout(60):
        await waiting
    assert 200 not in sent
    spool.engine.hold.set()
    await spool.completed(job_id)
