"""Webhooks from end to end: asked for with a job, told when it ends, looked at, sent again."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from app.domain.errors import EngineCrashed, EngineError, EngineRefused
from tests.api.spool import INGEST, Spool, error
from tests.unit.workbench import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
DELIVERIES = "/api/v1/webhooks/deliveries"


class Receiver:
    """Takes webhooks at `url`, with `status` for an answer."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.status = 204
        self.requests: list[Request] = []
        server.expect_request("/hook").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request)
        return Response(status=self.status)

    async def request(self, number: int = 0) -> Request:
        await until(lambda: len(self.requests) > number)
        return self.requests[number]


@pytest.fixture
def receiver(media_server: HTTPServer) -> Iterator[Receiver]:
    yield Receiver(media_server)
    media_server.clear()


async def deliveries(spool: Spool, **asked: str) -> list[dict[str, Any]]:
    answer = await spool.http.get(DELIVERIES, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


async def settled(spool: Spool, job_id: str, state: str) -> dict[str, Any]:
    """The job's one delivery, as soon as it is in this state."""
    async with asyncio.timeout(30):
        while True:
            found = await deliveries(spool, job_id=job_id, state=state)
            if found:
                return found[0]


async def test_a_completed_job_tells_its_webhook(
    spool: Spool, speech: bytes, receiver: Receiver
) -> None:
    job = await spool.completed(await spool.take_in(speech, webhook_url=f"{receiver.url}?key=1"))
    request = await receiver.request()
    secret = (spool.data / "webhook.secret").read_text()
    told = Webhook(secret.strip()).verify(request.get_data(), dict(request.headers))
    assert (told["job_id"], told["status"]) == (job["job_id"], "completed")
    assert told["completed_at"] == job["finished_at"]
    result = (await spool.http.get(job["result_url"])).json()
    assert told["result"] == {
        "transcript": result["transcript"],
        "language_detection": result["language_detection"],
        "topics": [],
    }
    found = await settled(spool, job["job_id"], "delivered")
    assert (found["id"], found["url"]) == (request.headers["webhook-id"], receiver.url)


async def test_a_failed_job_tells_its_webhook_why(spool: Spool, receiver: Receiver) -> None:
    job = await spool.ended(await spool.take_in(b"no sound", webhook_url=receiver.url))
    told = json.loads((await receiver.request()).get_data())
    assert (told["status"], told["dead_letter"]) == ("failed", False)
    assert told["error_code"] == job["error"]["code"]
    assert told["error_message"] == job["error"]["message"]


async def test_a_dead_letter_tells_its_webhook_that_it_is_one(
    spool: Spool, speech: bytes, receiver: Receiver
) -> None:
    crash = EngineCrashed("died", exit_status=-11)
    spool.engine.failures = {0: [crash, crash]}
    job = await spool.ended(await spool.take_in(speech, webhook_url=receiver.url))
    assert (job["status"], job["dead_letter"]) == ("Failed", True)
    told = json.loads((await receiver.request()).get_data())
    assert (told["job_id"], told["status"]) == (job["job_id"], "failed")
    assert told["dead_letter"] is True
    assert (told["completed_at"], told["error_message"]) == (job["finished_at"], "died")
    await settled(spool, job["job_id"], "delivered")


async def test_the_log_tells_of_each_try_and_a_replay_sends_it_again(
    spool: Spool, quiet: bytes, receiver: Receiver
) -> None:
    receiver.status = 500
    job_id = await spool.take_in(quiet, webhook_url=receiver.url)
    first = await receiver.request()
    url = f"{DELIVERIES}/{first.headers['webhook-id']}"
    async with asyncio.timeout(30):
        while not (found := (await spool.http.get(url)).json())["tries"]:
            pass
    assert (found["job_id"], found["state"], found["attempts"]) == (job_id, "pending", 1)
    assert (found["event"], found["last_error"]) == ("job.completed", "answered 500")
    [tried] = found["tries"]
    assert (tried["number"], tried["status"], tried["error"]) == (1, 500, "answered 500")
    assert tried["seconds"] >= 0 and tried["at"] <= found["next_at"]
    receiver.status = 200
    answer = await spool.http.post(f"{url}/replay")
    assert answer.status_code == 202
    assert answer.headers["Location"] == url
    assert answer.json()["state"] == "pending"
    assert (await receiver.request(1)).headers["webhook-id"] == found["id"]
    assert (await settled(spool, job_id, "delivered"))["attempts"] == 2


async def test_a_url_that_answers_410_is_left_in_peace_until_a_replay(
    spool: Spool, quiet: bytes, receiver: Receiver
) -> None:
    receiver.status = 410
    gone = receiver.url + "?gone"
    job_id = await spool.take_in(quiet, webhook_url=gone)
    found = await settled(spool, job_id, "disabled")
    other = await spool.completed(await spool.take_in(quiet, webhook_url=gone))
    assert (await settled(spool, other["job_id"], "disabled"))["attempts"] == 0
    receiver.status = 200
    await spool.http.post(f"{DELIVERIES}/{found['id']}/replay")
    await settled(spool, job_id, "delivered")
    third = await spool.completed(await spool.take_in(quiet, webhook_url=gone))
    await settled(spool, third["job_id"], "delivered")


async def test_a_job_without_webhook_has_no_delivery(spool: Spool, quiet: bytes) -> None:
    job = await spool.completed(await spool.take_in(quiet))
    assert await deliveries(spool, job_id=job["job_id"]) == []


async def test_retries_of_a_job_are_nobodys_business(
    spool: Spool, speech: bytes, receiver: Receiver
) -> None:
    spool.engine.failures = {1: [EngineError("once")]}
    job = await spool.completed(await spool.take_in(speech, webhook_url=receiver.url))
    assert (await settled(spool, job["job_id"], "delivered"))["event"] == "job.completed"


async def test_an_engine_that_refuses_is_told_as_the_reason(
    spool: Spool, speech: bytes, receiver: Receiver
) -> None:
    spool.engine.failures = {0: [EngineRefused("not this one")]}
    await spool.ended(await spool.take_in(speech, webhook_url=receiver.url))
    told = json.loads((await receiver.request()).get_data())
    assert (told["error_code"], told["error_message"]) == ("engine.refused", "not this one")


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("http://127.0.0.1:8000/", 403, "source.forbidden"),
        ("http://2130706433/", 403, "source.forbidden"),
        ("http://[::ffff:10.0.0.1]/", 403, "source.forbidden"),
        ("http://169.254.169.254/", 403, "source.forbidden"),
        ("ftp://8.8.8.8/", 422, "request.invalid"),
        ("http://me:pw@8.8.8.8/", 422, "request.invalid"),
        ("not a url", 422, "request.invalid"),
        ("http://8.8.8.8/" + "x" * 2000, 422, "request.invalid"),
    ],
)
async def test_a_webhook_that_leads_inside_or_nowhere_is_refused_with_the_job(
    spool: Spool, quiet: bytes, url: str, status: int, code: str
) -> None:
    jobs, files = await spool.count(), spool.files()
    asked = {"filename": "x.wav", "webhook_url": url}
    error(await spool.http.post(INGEST, content=quiet, params=asked), status, code)
    assert (await spool.count(), spool.files()) == (jobs, files)


async def test_the_list_has_pages_and_filters(
    spool: Spool, quiet: bytes, receiver: Receiver
) -> None:
    for _ in range(3):
        job = await spool.completed(await spool.take_in(quiet, webhook_url=receiver.url))
        await settled(spool, job["job_id"], "delivered")
    first = (await spool.http.get(DELIVERIES, params={"limit": "2"})).json()
    more = {"limit": "2", "cursor": first["cursor"]}
    second = (await spool.http.get(DELIVERIES, params=more)).json()
    ids = [each["id"] for each in first["deliveries"] + second["deliveries"]]
    assert len(set(ids)) == len(ids) >= 3
    assert first["deliveries"][0]["job_id"] == job["job_id"]
    assert {each["state"] for each in await deliveries(spool, state="delivered")} == {"delivered"}
    assert await deliveries(spool, job_id="x") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "done"), ("limit", "0"), ("limit", "201"), ("cursor", "x"), ("stat", "x")],
)
async def test_a_wrong_parameter_is_named(spool: Spool, name: str, value: str) -> None:
    answer = await spool.http.get(DELIVERIES, params={name: value})
    assert name in error(answer, 422, "request.invalid")["message"]


@pytest.mark.parametrize("unknown", ["msg_" + "0" * 32, "x", "%ff", "%00"])
async def test_an_unknown_delivery_is_not_found(spool: Spool, unknown: str) -> None:
    error(await spool.http.get(f"{DELIVERIES}/{unknown}"), 404, "webhook.not_found")
    error(await spool.http.post(f"{DELIVERIES}/{unknown}/replay"), 404, "webhook.not_found")
