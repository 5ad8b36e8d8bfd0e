"""A job as server-sent events."""

import asyncio
import uuid
from pathlib import Path

import pytest
from starlette.types import Message

from tests.api.events import Event, followed, said
from tests.api.spool import Spool, asgi_get, error, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")
WINDOWS = [(1, "window 0"), (2, "window 1"), (3, "window 2")]


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


async def heard(spool: Spool, job_id: str, *windows: int) -> None:
    """Until the engine has these windows behind it, and the job says so."""
    async with asyncio.timeout(60):
        while sorted(spool.engine.heard) != sorted(windows):
            await spool.job(job_id)


async def test_a_job_tells_its_states_its_progress_and_its_segments_in_order(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.hold.clear()
    spool.engine.gates = {0: asyncio.Event()}
    job_id = await spool.take_in(speech)
    following = asyncio.create_task(followed(spool, job_id))
    spool.engine.hold.set()
    await heard(spool, job_id, 1, 2)
    spool.engine.gates[0].set()
    events = await following
    assert said(events) == WINDOWS
    states = [event.data for event in events if event.kind == "state"]
    assert [state["status"] for state in states][-1] == "Completed"
    assert all(state.keys() == {"job_id", "status", "stage", "attempts"} for state in states)
    shares = [event.data["progress"] for event in events if event.kind == "progress"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert kinds(events).count("done") == 1 and events[-1] == Event(
        "done",
        3,
        {
            "job_id": job_id,
            "status": "Completed",
            "error": None,
            "result_url": f"/api/v1/jobs/{job_id}/result",
        },
    )


async def test_segments_are_those_of_the_result(spool: Spool, speech: bytes) -> None:
    job_id = await spool.take_in(speech)
    await spool.completed(job_id)
    result = (await spool.http.get(f"/api/v1/jobs/{job_id}/result")).json()
    events = await followed(spool, job_id)
    assert [event.data for event in events if event.kind == "segment"] == result["segments"]
    assert kinds(events) == ["state", "progress", *["segment"] * 3, "done"]


async def test_the_last_event_id_goes_on_behind_it(spool: Spool, speech: bytes) -> None:
    job_id = await spool.take_in(speech)
    await spool.completed(job_id)
    for last in range(4):
        assert said(await followed(spool, job_id, str(last))) == WINDOWS[last:]
    assert kinds(await followed(spool, job_id, "999")) == ["state", "progress", "done"]
    assert said(await followed(spool, job_id, "")) == WINDOWS


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "0x1", "9" * 5000, "1 2", "\xb2"])
async def test_an_id_that_no_event_has_is_refused(spool: Spool, quiet: bytes, last: str) -> None:
    job_id = await spool.take_in(quiet)
    answer = await spool.http.get(
        f"/api/v1/jobs/{job_id}/events", headers={b"Last-Event-ID": last.encode("latin-1")}
    )
    assert "Last-Event-ID" in error(answer, 422, "request.invalid")["message"]


async def test_an_unknown_job_and_an_unknown_parameter_are_refused(
    spool: Spool, quiet: bytes
) -> None:
    job_id = await spool.take_in(quiet)
    for unknown in (uuid.uuid4(), "x", job_id.upper()):
        error(await spool.http.get(f"/api/v1/jobs/{unknown}/events"), 404, "job.not_found")
    error(await spool.http.get(f"/api/v1/jobs/{job_id}/events?x=1"), 422, "request.invalid")


async def test_a_failure_is_told_at_the_end(spool: Spool) -> None:
    job_id = await spool.take_in(b"no sound", "x.wav")
    *_, done = await followed(spool, job_id)
    assert (done.kind, done.data["status"]) == ("done", "Failed")
    assert done.data["error"]["code"] == "media.unreadable"


async def test_a_cancelled_job_closes_the_stream(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {2: asyncio.Event()}
    job_id = await spool.take_in(speech)
    following = asyncio.create_task(followed(spool, job_id))
    await heard(spool, job_id, 0, 1)
    assert (await spool.http.post(f"/api/v1/jobs/{job_id}/cancel")).status_code == 200
    async with asyncio.timeout(30):
        events = await following
    assert events[-1].kind == "done" and events[-1].data["status"] == "Cancelled"
    assert said(events) == WINDOWS[:2]


async def test_a_deleted_job_closes_the_stream(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    following = asyncio.create_task(followed(spool, job_id))
    await until_stage(spool, job_id, "transcribing")
    assert (await spool.http.delete(f"/api/v1/jobs/{job_id}")).status_code == 204
    async with asyncio.timeout(30):
        await following
    error(await spool.http.get(f"/api/v1/jobs/{job_id}/events"), 404, "job.not_found")


async def until_stage(spool: Spool, job_id: str, stage: str) -> None:
    async with asyncio.timeout(60):
        while (await spool.job(job_id))["stage"] != stage:
            pass


async def test_nothing_is_left_of_a_client_that_hangs_up(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    sent: list[Message] = []
    begun = asyncio.Event()

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            begun.set()

    scope = asgi_get(f"/api/v1/jobs/{job_id}/events")
    async with asyncio.timeout(30):
        await spool.asgi(scope, receive, send)
    assert sent[0]["status"] == 200
    assert not spool.doors.follower._watch._waiting
    spool.engine.hold.set()
    await spool.completed(job_id)


async def test_a_stop_closes_the_stream_and_the_next_start_goes_on_with_it(
    tmp_path: Path, model_folder: Path, speech: bytes
) -> None:
    async with opened(tmp_path, model_folder) as before:
        before.engine.gates = {1: asyncio.Event(), 2: asyncio.Event()}
        job_id = await before.take_in(speech)
        following = asyncio.create_task(followed(before, job_id))
        waiting = asyncio.create_task(before.job(job_id, wait=300))
        await heard(before, job_id, 0)
        async with asyncio.timeout(60):
            while (await before.job(job_id))["progress"] <= 0.1:
                pass
        before.doors.send_away()
        async with asyncio.timeout(30):
            first = await following
            assert (await waiting)["status"] == "Transcribing"
        assert said(first) == WINDOWS[:1] and "done" not in kinds(first)
    (tmp_path / "media").rmdir()
    async with opened(tmp_path, model_folder) as after:
        rest = await followed(after, job_id, str(first[-1].id))
        assert said(rest) == WINDOWS[1:] and rest[-1].kind == "done"
