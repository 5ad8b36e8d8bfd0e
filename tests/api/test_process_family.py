"""The `/process` family: what clients of transcription services send and read."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from starlette.types import Message, Scope

from app.domain.errors import EngineCrashed, EngineRefused
from app.web.document import written
from app.web.job_answers import Result
from app.web.process_answers import ProcessFailure, Processing, ProcessStatus, ProcessTicket
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import MAX_FILE_SIZE, Spool, error, in_chunks, multipart, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYBERT = all(importlib.util.find_spec(name) for name in ("keybert", "sklearn"))
WAITING = ("/process-audio", "/process-video")
PATHS = ("/process", *WAITING)


@pytest.fixture(autouse=True)
def held_to_the_document(spool: Spool) -> Iterator[None]:
    """Every answer is one that the document tells of."""
    Conformance(written(DOORS)).watch(spool.http)
    yield
    spool.http.event_hooks = {}


async def send(
    spool: Spool, content: bytes, url: str = "/process", **fields: str
) -> httpx2.Response:
    files = {"file": ("talk.wav", content, "audio/wav")}
    return await spool.http.post(url, files=files, data=fields)


async def taken_in(spool: Spool, content: bytes, **fields: str) -> str:
    answer = await send(spool, content, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


async def at_work(spool: Spool, content: bytes) -> str:
    """A job whose windows are under way, until the engine lets them go."""
    spool.engine.hold.clear()
    job_id = await taken_in(spool, content)
    await under_way(spool)
    return job_id


async def under_way(spool: Spool) -> None:
    async with asyncio.timeout(60):
        while spool.engine.at_work == 0:  # noqa: ASYNC110 - the engine counts, and tells nobody
            await asyncio.sleep(0)


async def status(spool: Spool, job_id: str) -> dict[str, Any]:
    answer = await spool.http.get(f"/status/{job_id}")
    assert answer.status_code == 200, answer.text
    ProcessStatus.model_validate_json(answer.content, strict=True)
    found: dict[str, Any] = answer.json()
    return found


async def failed(spool: Spool, content: bytes, **failures: Exception) -> str:
    spool.engine.failures = {0: list(failures.values())}
    job_id = await taken_in(spool, content)
    assert (await spool.ended(job_id))["status"] == "Failed"
    return job_id


# POST /process


async def test_a_medium_is_taken_in_and_answered_at_once(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    answer = await send(spool, speech)
    assert answer.status_code == 200
    ProcessTicket.model_validate_json(answer.content, strict=True)
    ticket = answer.json()
    assert ticket["status"] == "pending"
    assert ticket["status_url"] == f"/status/{ticket['job_id']}"
    assert ticket["result_url"] == f"/result/{ticket['job_id']}"
    assert not (await spool.job(ticket["job_id"]))["finished_at"]
    spool.engine.hold.set()
    await spool.completed(ticket["job_id"])


@pytest.mark.parametrize("as_form", [True, False])
async def test_language_and_webhook_come_by_query_or_by_form(
    spool: Spool, quiet: bytes, media_server: HTTPServer, as_form: bool
) -> None:
    given = {"language": "German", "webhook_url": media_server.url_for("/hook")}
    if as_form:
        answer = await send(spool, quiet, **given)
    else:
        answer = await spool.http.post("/process", params=given, files={"file": quiet})
    job = await spool.completed(answer.json()["job_id"])
    assert job["options"]["language"] == "de"
    assert job["options"]["webhook_url"] == given["webhook_url"]


async def test_a_file_may_come_before_or_after_its_options(spool: Spool, quiet: bytes) -> None:
    file, language = ("file", "talk.wav", quiet), ("language", None, b"de")
    for parts in ((file, language), (language, file)):
        body, headers = multipart(*parts)
        answer = await spool.http.post("/process", content=in_chunks(body, 7), headers=headers)
        job = await spool.completed(answer.json()["job_id"])
        assert job["options"]["language"] == "de"


async def test_topics_are_always_asked_for(spool: Spool, quiet: bytes) -> None:
    job = await spool.completed(await taken_in(spool, quiet))
    assert job["options"]["topics"] is True


async def test_sent_again_under_its_key_it_is_the_same_job(spool: Spool, quiet: bytes) -> None:
    headers, files = {"Idempotency-Key": "process once"}, {"file": ("talk.wav", quiet)}
    first, second = [
        (await spool.http.post("/process", files=files, headers=headers)).json()["job_id"]
        for _ in range(2)
    ]
    assert first == second


@pytest.mark.parametrize("url", PATHS)
async def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(
    spool: Spool, quiet: bytes, url: str
) -> None:
    file = ("file", "talk.wav", quiet)
    for parts, query, name in (
        ((("language", None, b"de"),), "", "file"),
        ((file, file), "", "file"),
        ((file, ("picture", "x.png", b"x")), "", "picture"),
        ((file, ("language", None, b"Klingon")), "", "language"),
        ((file,), "?language=Klingon", "language"),
        ((file, ("language", None, b"de")), "?language=en", "language"),
        ((file, ("model", None, b"tiny.en")), "", "model"),
        ((file,), "?wait=1", "wait"),
        ((file, ("webhook_url", None, b"")), "", "webhook_url"),
    ):
        body, headers = multipart(*parts)
        answer = spool.http.post(url + query, content=body, headers=headers)
        told = await refused(spool, answer, 422, "request.invalid")
        assert name in told


@pytest.mark.parametrize("url", PATHS)
async def test_a_webhook_that_leads_inside_is_refused(spool: Spool, quiet: bytes, url: str) -> None:
    answer = send(spool, quiet, url, webhook_url="http://169.254.169.254/hook")
    await refused(spool, answer, 403, "source.forbidden")


@pytest.mark.parametrize("url", PATHS)
async def test_a_body_that_is_no_whole_form_is_refused(
    spool: Spool, quiet: bytes, url: str
) -> None:
    assert "form" in await refused(spool, spool.http.post(url, content=quiet), 422)
    assert "form" in await refused(spool, spool.http.post(url, json={"path": "x"}), 422)
    body, headers = multipart(("file", "talk.wav", quiet))
    await refused(spool, spool.http.post(url, content=body[:-20], headers=headers), 422)
    body, headers = multipart(("file", "talk.wav", b""))
    answer = spool.http.post(url, content=body, headers=headers)
    await refused(spool, answer, 422, "media.empty")


@pytest.mark.parametrize("url", PATHS)
async def test_a_file_over_the_limit_is_refused(spool: Spool, url: str) -> None:
    body, headers = multipart(("file", "talk.wav", bytes(MAX_FILE_SIZE + 1)))
    answer = spool.http.post(url, content=in_chunks(body), headers=headers)
    await refused(spool, answer, 413, "upload.too_large")


# GET /status


async def test_a_job_that_waits_is_pending_at_0(spool: Spool, speech: bytes) -> None:
    first = await at_work(spool, speech)
    others = [await taken_in(spool, speech) for _ in range(2)]
    told = await status(spool, others[-1])
    assert told.keys() == {
        "job_id",
        "status",
        "progress",
        "current_step",
        "created_at",
        "updated_at",
        "error_message",
        "error",
        "dead_letter",
    }
    assert (told["job_id"], told["status"]) == (others[-1], "pending")
    assert (told["progress"], told["current_step"]) == (0, "pending")
    assert told["error_message"] is None and told["error"] is None
    spool.engine.hold.set()
    for job_id in (first, *others):
        await spool.completed(job_id)


async def test_a_job_at_work_is_processing_with_its_percent_and_step(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.gates = {2: asyncio.Event()}
    job_id = await taken_in(spool, speech)
    told: dict[str, Any] = {"progress": 0}
    async with asyncio.timeout(60):
        while not 11 < told["progress"] < 95:
            told = await status(spool, job_id)
    assert (told["status"], told["current_step"]) == ("processing", "transcribing")
    spool.engine.gates[2].set()
    await spool.completed(job_id)
    told = await status(spool, job_id)
    assert (told["status"], told["progress"]) == ("completed", 100)
    assert told["current_step"] == "completed"
    assert told["created_at"] < told["updated_at"]


async def test_a_job_that_failed_says_why(spool: Spool, speech: bytes) -> None:
    job_id = await failed(spool, speech, first=EngineRefused("the key is wrong"))
    told = await status(spool, job_id)
    assert (told["status"], told["current_step"]) == ("failed", "failed")
    assert "the key is wrong" in told["error_message"] and told["progress"] < 100
    assert told["error"] == {"code": "engine.refused", "message": told["error_message"]}
    assert not told["dead_letter"]


async def test_a_job_that_was_given_up_is_a_dead_letter(spool: Spool, speech: bytes) -> None:
    crash = EngineCrashed("died", exit_status=-11)
    job_id = await failed(spool, speech, first=crash, second=crash)
    told = await status(spool, job_id)
    assert (told["status"], told["dead_letter"]) == ("failed", True)


async def test_a_job_that_was_cancelled_failed_with_that_code(spool: Spool, speech: bytes) -> None:
    job_id = await at_work(spool, speech)
    await spool.http.post(f"/api/v1/jobs/{job_id}/cancel")
    told = await status(spool, job_id)
    assert (told["status"], told["current_step"]) == ("failed", "cancelled")
    assert told["error"]["code"] == "cancelled" and told["error_message"]
    answer = await spool.http.get(f"/result/{job_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "cancelled")


@pytest.mark.parametrize("url", ["/status/{}", "/result/{}"])
async def test_a_job_that_is_not_known_is_404(spool: Spool, url: str) -> None:
    for job_id in ("x", "8a3115af-c2de-4742-a779-7b2a71c34911", "%00", "a" * 5000):
        error(await spool.http.get(url.format(job_id)), 404, "job.not_found")


@pytest.mark.parametrize("url", ["/status/x", "/result/x", "/jobs/processing"])
async def test_a_parameter_that_means_nothing_is_refused(spool: Spool, url: str) -> None:
    answer = await spool.http.get(url, params={"verbose": "1"})
    assert "verbose" in error(answer, 422, "request.invalid")["message"]


# GET /result


async def test_a_result_holds_what_clients_read(spool: Spool, speech: bytes) -> None:
    spool.engine.texts = {0: "The harbour", 1: "of the old town", 2: "was full of fishing boats."}
    job_id = await taken_in(spool, speech)
    await spool.completed(job_id)
    answer = await spool.http.get(f"/result/{job_id}")
    assert answer.status_code == 200
    Result.model_validate_json(answer.content, strict=True)
    result = answer.json()
    assert result["transcript"] == "The harbour of the old town was full of fishing boats."
    assert [segment["text"] for segment in result["segments"]] == list(spool.engine.texts.values())
    assert result["language_detection"]["language"] == "en"
    assert result["language_detection"].keys() == {"language", "confidence", "alternatives"}
    assert result["duration"] == pytest.approx(17.0)
    assert result == (await spool.http.get(f"/api/v1/jobs/{job_id}/result")).json()


@pytest.mark.skipif(not KEYBERT, reason="keybert is not installed")
async def test_topics_say_what_it_is_about_best_first(spool: Spool, speech: bytes) -> None:
    spool.engine.texts = {0: "The harbour", 1: "of the old town", 2: "was full of fishing boats."}
    job_id = await taken_in(spool, speech)
    assert (await spool.completed(job_id))["warnings"] == []
    topics = (await spool.http.get(f"/result/{job_id}")).json()["topics"]
    assert topics and all(topic.keys() == {"topic", "score"} for topic in topics)
    assert topics == sorted(topics, key=lambda topic: -topic["score"])
    assert {"harbour", "fishing boats"} <= {topic["topic"] for topic in topics}


async def test_a_result_that_is_not_there_yet_is_202_with_the_progress(
    spool: Spool, speech: bytes
) -> None:
    job_id = await at_work(spool, speech)
    answer = await spool.http.get(f"/result/{job_id}")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["job_id"], told["status"]) == (job_id, "processing")
    assert 0 <= told["progress"] < 100
    spool.engine.hold.set()
    await spool.completed(job_id)
    assert (await spool.http.get(f"/result/{job_id}")).status_code == 200


async def test_the_result_of_a_job_that_failed_is_500_with_the_reason(spool: Spool) -> None:
    job_id = await taken_in(spool, b"this is no sound")
    assert (await spool.ended(job_id))["status"] == "Failed"
    answer = await spool.http.get(f"/result/{job_id}")
    assert answer.status_code == 500
    ProcessFailure.model_validate_json(answer.content, strict=True)
    told = answer.json()
    assert told["error"]["code"] == "media.unreadable" and told["error"]["job_id"] == job_id
    assert (told["job_id"], told["status"]) == (job_id, "failed")
    assert told["error_message"] == told["error"]["message"]


async def test_a_transcript_that_was_replaced_is_a_planned_refusal(
    spool: Spool, quiet: bytes
) -> None:
    jobs = [await spool.take_in(quiet, asset_id="the same")]
    await spool.completed(jobs[0])
    jobs.append(await spool.take_in(quiet, asset_id="the same"))
    await spool.completed(jobs[1])
    answers = [await spool.http.get(f"/result/{job_id}") for job_id in jobs]
    assert [answer.status_code for answer in answers] == [409, 200]


async def test_a_job_that_a_later_one_overtook_is_told_as_failed(
    spool: Spool, speech: bytes, quiet: bytes
) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech, asset_id="overtaken")
    await spool.take_in(quiet, asset_id="overtaken")
    told = (await spool.http.get(f"/status/{job_id}")).json()
    assert (told["status"], told["error"]["code"]) == ("failed", "job.superseded")
    failed = await spool.http.get(f"/result/{job_id}")
    assert (failed.status_code, failed.json()["status"]) == (500, "failed")
    assert (await spool.http.get(f"/video/status/{job_id}")).json()["status"] == "failed"
    spool.engine.hold.set()


# GET /jobs/processing


async def test_jobs_at_work_and_the_state_of_the_service_are_told(
    spool: Spool, speech: bytes
) -> None:
    first = await at_work(spool, speech)
    others = [await taken_in(spool, speech) for _ in range(2)]
    told = await processing(spool)
    async with asyncio.timeout(60):
        while len(told["active_jobs"]) < 2 or told["system"]["queue_length"] > 1:
            told = await processing(spool)
    assert {job["job_id"] for job in told["active_jobs"]} == {first, others[0]}
    assert {job["status"] for job in told["active_jobs"]} == {"processing"}
    system = told["system"]
    assert system["queue_length"] == 1 and system["capacity"] == 2
    assert system["workers"]["total"] == 1 and system["workers"]["busy"] in (0, 1)
    assert system["uptime_seconds"] > 0
    spool.engine.hold.set()
    for job_id in (first, *others):
        await spool.completed(job_id)
    assert (await processing(spool))["active_jobs"] == []


async def processing(spool: Spool) -> dict[str, Any]:
    answer = await spool.http.get("/jobs/processing")
    assert answer.status_code == 200, answer.text
    Processing.model_validate_json(answer.content, strict=True)
    found: dict[str, Any] = answer.json()
    return found


# POST /process-audio and /process-video


@pytest.mark.parametrize("url", WAITING)
async def test_the_result_comes_in_the_same_answer(spool: Spool, speech: bytes, url: str) -> None:
    answer = await send(spool, speech, url, language="de")
    assert answer.status_code == 200, answer.text
    Result.model_validate_json(answer.content, strict=True)
    result = answer.json()
    assert result["transcript"] == "window 0 window 1 window 2"
    job = await spool.job(result["job_id"])
    assert (job["status"], job["options"]["priority"]) == ("Completed", "interactive")
    assert (job["options"]["language"], job["options"]["topics"]) == ("de", True)


async def test_who_waits_for_the_answer_goes_before_the_others(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {1: asyncio.Event()}
    behind = [await taken_in(spool, speech) for _ in range(3)]
    waiting = asyncio.create_task(send(spool, speech, "/process-audio"))
    running: list[str] = []
    async with asyncio.timeout(60):
        while "interactive" not in running:
            running = await priorities(spool)
    assert (await status(spool, behind[-1]))["status"] == "pending"
    spool.engine.gates[1].set()
    assert (await waiting).status_code == 200
    for job_id in behind:
        await spool.completed(job_id)


async def priorities(spool: Spool) -> list[str]:
    """Of the jobs that run."""
    jobs = (await spool.http.get("/api/v1/jobs", params={"status": "running"})).json()["jobs"]
    return [job["options"]["priority"] for job in jobs]


@pytest.mark.parametrize("url", WAITING)
async def test_a_medium_that_cannot_be_read_is_the_clients_fault(spool: Spool, url: str) -> None:
    answer = await send(spool, b"this is no sound", url)
    assert answer.status_code == 422
    ProcessFailure.model_validate_json(answer.content, strict=True)
    told = answer.json()
    assert told["error"]["code"] == "media.unreadable" and told["error_message"]
    assert (await status(spool, told["job_id"]))["status"] == "failed"


async def test_an_engine_that_fails_is_503_with_the_reason(spool: Spool, speech: bytes) -> None:
    crash = EngineCrashed("died", exit_status=-11)
    spool.engine.failures = {0: [crash, crash]}
    answer = await send(spool, speech, "/process-audio")
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "engine.crashed"


async def test_what_an_engine_refused_for_good_need_not_be_sent_again(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.failures = {0: [EngineRefused("the key is wrong")]}
    answer = await send(spool, speech, "/process-audio")
    assert answer.status_code == 422 and "retry-after" not in answer.headers
    told = answer.json()
    assert (told["error"]["code"], told["error_message"]) == ("engine.refused", "the key is wrong")


async def test_a_job_that_others_cancel_is_answered(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    waiting = asyncio.create_task(send(spool, speech, "/process-audio"))
    await under_way(spool)
    [job] = (await processing(spool))["active_jobs"]
    await spool.http.post(f"/api/v1/jobs/{job['job_id']}/cancel")
    answer = await waiting
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cancelled")


@pytest.mark.parametrize("url", WAITING)
async def test_a_client_that_hangs_up_cancels_its_job(
    spool: Spool, speech: bytes, url: str
) -> None:
    spool.engine.hold.clear()
    gone = asyncio.Event()
    calling = asyncio.create_task(call(spool, url, speech, gone.wait))
    await under_way(spool)
    [job] = (await processing(spool))["active_jobs"]
    gone.set()
    async with asyncio.timeout(30):
        await calling
    told = await spool.job(job["job_id"])
    assert (told["status"], told["error"]["code"]) == ("Cancelled", "cancelled")
    assert spool.engine.at_work == 0


async def test_a_client_that_hangs_up_while_it_sends_leaves_nothing(
    spool: Spool, speech: bytes
) -> None:
    jobs, files = await spool.count(), spool.files()

    async def at_once() -> None:
        """It is gone already."""

    await call(spool, "/process-audio", speech, at_once, part=1000)
    assert (await spool.count(), spool.files()) == (jobs, files)


async def call(
    spool: Spool,
    path: str,
    content: bytes,
    hung_up: Callable[[], Awaitable[object]],
    part: int | None = None,
) -> None:
    """POST a form, or `part` bytes of it, and be there until `hung_up` returns."""
    body, headers = multipart(("file", "talk.wav", content))
    first: list[Message] = [{"type": "http.request", "body": body[:part], "more_body": bool(part)}]

    async def receive() -> Message:
        if first:
            return first.pop()
        await hung_up()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        """Nobody reads it."""

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("spool", 80),
    }
    await spool.asgi(scope, receive, send)
