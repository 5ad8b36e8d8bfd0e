"""Every answer of the main door is as the OpenAPI document tells, whatever happened before."""

import asyncio
import re
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from app.domain.errors import EngineCrashed
from app.web import docs_operations as of_docs
from app.web import guide_operations as of_guide
from app.web import health_operations as of_health
from app.web import ingest_operations as of_ingest
from app.web import job_operations as of_jobs
from app.web import search_operations as of_search
from app.web import webhook_operations as of_webhooks
from app.web.docs import FILES
from app.web.document import written
from app.web.operation import Operation
from app.web.schemas import NoQuery
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import INGEST, Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOBS = "/api/v1/jobs"
DEAD = "/api/v1/dead-letters"
DELIVERIES = "/api/v1/webhooks/deliveries"
#: The surfaces beside them have tests of their own.
OURS = [
    each
    for module in (of_docs, of_guide, of_health, of_ingest, of_jobs, of_search, of_webhooks)
    for each in vars(module).values()
    if isinstance(each, Operation)
]
FORMATS = ("json", "txt", "srt", "vtt", "tsv", "lrc")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return written(DOORS)


@pytest.fixture(scope="module")
def conformance(document: dict[str, Any]) -> Conformance:
    return Conformance(document)


@pytest.fixture(autouse=True)
def watched(spool: Spool, conformance: Conformance) -> Iterator[None]:
    before = spool.http.event_hooks
    conformance.watch(spool.http)
    yield
    spool.http.event_hooks = before


async def get(spool: Spool, url: str, expected: int, **query: Any) -> Any:
    answer = await spool.http.get(url, params=query)
    assert answer.status_code == expected, answer.text
    return answer


async def post(spool: Spool, url: str, status: int, **more: Any) -> Any:
    answer = await spool.http.post(url, **more)
    assert answer.status_code == status, answer.text
    return answer


async def test_a_job_from_its_beginning_to_its_end(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    answer = await spool.http.put(f"{INGEST}?filename=a.flac&word_timestamps=true", content=speech)
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    for form in FORMATS:
        await get(spool, f"{JOBS}/{job_id}/result", 202, format=form)
    await get(spool, f"{JOBS}/{job_id}", 200)
    await get(spool, "/health", 200)
    await post(spool, f"{JOBS}/{job_id}/retry", 409)
    spool.engine.hold.set()
    await spool.completed(job_id)
    for form in FORMATS:
        await get(spool, f"{JOBS}/{job_id}/result", 200, format=form)
    await post(spool, f"{JOBS}/{job_id}/cancel", 409)
    await get(spool, JOBS, 200, status="completed")
    assert (await spool.http.delete(f"{JOBS}/{job_id}")).status_code == 204


async def test_a_job_with_all_its_options(spool: Spool, speech: bytes) -> None:
    options = {
        "language": "de",
        "task": "translate",
        "model": "base",
        "provider": "faster_whisper",
        "prompt": "Spool",
        "word_timestamps": "true",
        "topics": "true",
        "priority": "batch",
        "asset_id": "an asset",
        "title": "A title",
        "labels": "a,b",
        "webhook_url": "http://127.9.9.9:1/hook?secret=x",
    }
    job_id = await spool.take_in(speech, **options)
    shown = (await spool.completed(job_id))["options"]
    assert shown.keys() == options.keys()
    await get(spool, f"{JOBS}/{job_id}/result", 200)
    await get(spool, "/api/v1/search", 200, q="window", labels="a,b")
    body = {"q": "window", "labels": ["a", "b"], "mode": "keyword"}
    await post(spool, "/api/v1/search", 200, json=body)


async def test_a_medium_that_is_here_already(spool: Spool, speech: bytes) -> None:
    url = f"{INGEST}?title=twice&dedupe=true"
    await spool.completed((await post(spool, url, 202, content=speech)).json()["job_id"])
    await post(spool, url, 200, content=speech)
    assert (await spool.http.put(url, content=speech)).status_code == 200


async def test_a_job_that_is_cancelled_and_sent_on_again(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech)
    await post(spool, f"{JOBS}/{job_id}/cancel", 200)
    await get(spool, f"{JOBS}/{job_id}/result", 409)
    await post(spool, f"{JOBS}/{job_id}/retry", 202)
    spool.engine.hold.set()
    await spool.completed(job_id)


async def test_dead_letters_and_the_webhooks_that_told_of_them(
    spool: Spool, speech: bytes, media_server: HTTPServer
) -> None:
    media_server.expect_request("/hook").respond_with_data(status=204)
    crash = EngineCrashed("died", exit_status=-11, last_lines="last words")
    spool.engine.failures = {0: [crash] * 4}
    url = media_server.url_for("/hook")
    for _ in range(2):
        await spool.ended(await spool.take_in(speech, webhook_url=url))
    first, second = (job["job_id"] for job in (await get(spool, DEAD, 200)).json()["jobs"])
    await post(spool, f"{DEAD}/{first}/replay", 202)
    assert (await post(spool, f"{DEAD}/replay", 202)).json() == {"replayed": [second]}
    for job_id in (first, second):
        await spool.completed(job_id)
    await post(spool, f"{DEAD}/{first}/replay", 404)
    await told_by_webhook(spool)


async def told_by_webhook(spool: Spool) -> None:
    async with asyncio.timeout(30):
        while not (await get(spool, DELIVERIES, 200, state="delivered")).json()["deliveries"]:
            pass
    found = (await get(spool, DELIVERIES, 200, state="delivered")).json()["deliveries"][0]
    await get(spool, f"{DELIVERIES}/{found['id']}", 200)
    await post(spool, f"{DELIVERIES}/{found['id']}/replay", 202)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"json": {"path": "../x"}}, 403),
        ({"json": {"path": "nothing.wav"}}, 404),
        ({"json": {"url": "http://127.0.0.1/x"}}, 403),
        ({"json": {"path": "a", "url": "b"}}, 422),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422),
        ({"content": b""}, 422),
        ({"content": b"x" * 4_000_000}, 413),
        ({"content": b"x", "headers": {"Idempotency-Key": ""}}, 422),
        ({"data": {"language": "x"}}, 422),
    ],
)
async def test_what_ingest_refuses(spool: Spool, more: dict[str, Any], status: int) -> None:
    await post(spool, INGEST, status, **more)


async def test_what_is_not_there(spool: Spool) -> None:
    for job_id in (str(uuid.uuid4()), "no-id"):
        await get(spool, f"{JOBS}/{job_id}", 404)
        await get(spool, f"{JOBS}/{job_id}/result", 404)
        for verb in ("cancel", "retry"):
            await post(spool, f"{JOBS}/{job_id}/{verb}", 404)
        await post(spool, f"{DEAD}/{job_id}/replay", 404)
        assert (await spool.http.delete(f"{JOBS}/{job_id}")).status_code == 404
    for delivery_id in (f"msg_{'0' * 32}", "no-id"):
        await get(spool, f"{DELIVERIES}/{delivery_id}", 404)
        await post(spool, f"{DELIVERIES}/{delivery_id}/replay", 404)


async def test_rows_that_are_added_and_the_index_that_is_built(spool: Spool) -> None:
    added = await spool.http.post("/bulk-add", json={"records": [{"id": "one", "text": "word"}]})
    assert (added.status_code, added.json()["added"]) == (200, 1)
    await post(spool, "/build-index", 202)
    await post(spool, "/build-index?wait=120", 200)
    assert (await get(spool, "/build-index", 200)).json()["state"] == "ready"


async def test_jobs_whose_time_is_over(spool: Spool) -> None:
    assert (await get(spool, "/api/v1/retention", 200)).json() == {"rules": []}
    await post(spool, "/api/v1/retention", 200)


async def test_whether_it_lives_is_ready_and_what_it_counts(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await get(spool, "/health/live", 200)
    await get(spool, "/health/ready", 200)
    await get(spool, "/metrics", 200)
    disk = spool.doors.readiness.disk
    monkeypatch.setattr(disk, "_writable", lambda: False)
    await get(spool, "/health/ready", 503)
    monkeypatch.undo()
    await get(spool, "/health/ready", 200)


async def test_the_document_and_its_page(spool: Spool) -> None:
    for path in ("/openapi.json", "/docs", *(f"/docs/{name}" for name in FILES)):
        etag = (await get(spool, path, 200)).headers["etag"]
        again = await spool.http.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert (await spool.http.head(path)).status_code == 200


async def test_the_guide_and_its_pictures(spool: Spool) -> None:
    for path in (
        "/docs/guide",
        "/docs/guide/architecture",
        "/docs/guide/architecture.svg",
        "/docs/guide/asr.png",
    ):
        etag = (await get(spool, path, 200)).headers["etag"]
        again = await spool.http.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert (await spool.http.head(path)).status_code == 200


def served() -> list[tuple[str, str, Operation]]:
    """(path, method, operation) of all routes."""
    return [
        (door.path, method, operation)
        for door in DOORS
        for method, operation in door.operations.items()
    ]


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, method, each in served() if each.query is NoQuery],
)
async def test_what_takes_no_query_refuses_one(spool: Spool, path: str, method: str) -> None:
    """Where it is a question of a thing that is not there, that may be said first."""
    url = re.sub(r"{\w+(:\w+)?}", "x", path)
    answer = await spool.http.request(method, f"{url}?no-such-parameter=1")
    assert answer.status_code in (400, 404, 412, 415, 422)
    if answer.status_code != 404 and method != "HEAD":
        assert "no-such-parameter" in answer.text


async def test_every_success_that_the_document_tells_of_was_seen(
    conformance: Conformance, request: pytest.FixtureRequest
) -> None:
    """By the tests above: what cannot happen must not be told of."""
    tests = {name for name in vars(sys.modules[__name__]) if name.startswith("test_")}
    run = {getattr(item, "originalname", "") for item in request.session.items}
    if tests - run:
        pytest.skip("only with all the tests above")
    told = {
        (each.name, status, kind)
        for _, _, each in served()
        if each in OURS
        for status, answer in each.answers.items()
        for kind in (answer.content or {"": None})
    }
    assert sorted(told - conformance.seen) == []
