"""Cancel, retry, delete, dead letters, as a client sees them."""

import asyncio
from typing import Any

import pytest

from app.domain.errors import EngineCrashed
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAD = "/api/v1/dead-letters"


def job_url(job_id: str, verb: str = "") -> str:
    return f"/api/v1/jobs/{job_id}{verb}"


async def at_work(spool: Spool, content: bytes, **options: str) -> str:
    """A job whose windows are under way, until the engine lets them go."""
    spool.engine.hold.clear()
    job_id = await spool.take_in(content, **options)
    async with asyncio.timeout(60):
        while spool.engine.at_work == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return job_id


async def dead_letter(spool: Spool, content: bytes) -> str:
    crash = EngineCrashed("died", exit_status=-11, last_lines="last words")
    spool.engine.failures = {0: [crash, crash]}
    job_id = await spool.take_in(content)
    job = await spool.ended(job_id)
    assert (job["status"], job["dead_letter"]) == ("Failed", True)
    return job_id


async def listed(spool: Spool, **query: Any) -> dict[str, Any]:
    answer = await spool.http.get(DEAD, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_running_job_is_cancelled_at_once(spool: Spool, speech: bytes) -> None:
    job_id = await at_work(spool, speech)
    answer = await spool.http.post(job_url(job_id, "/cancel"))
    assert answer.status_code == 200
    assert answer.json() == await spool.job(job_id)
    assert answer.json()["status"] == "Cancelled" and answer.json()["error"]["code"] == "cancelled"
    assert spool.engine.at_work == 0
    assert not list((spool.data / "pcm").glob("*"))
    found = error(await spool.http.post(job_url(job_id, "/cancel")), 409, "job.conflict")
    assert found["job_id"] == job_id
    error(await spool.http.get(job_url(job_id, "/result")), 409, "cancelled")


async def test_a_cancelled_job_is_retried_to_its_end(spool: Spool, speech: bytes) -> None:
    job_id = await at_work(spool, speech)
    await spool.http.post(job_url(job_id, "/cancel"))
    spool.engine.hold.set()
    answer = await spool.http.post(job_url(job_id, "/retry"))
    assert (answer.status_code, answer.json()["status"]) == (202, "Pending")
    job = await spool.completed(job_id)
    assert [attempt["error_code"] for attempt in job["history"]] == ["cancelled", None]
    error(await spool.http.post(job_url(job_id, "/retry")), 409, "job.conflict")


async def test_a_running_job_is_not_retried(spool: Spool, speech: bytes) -> None:
    job_id = await at_work(spool, speech)
    error(await spool.http.post(job_url(job_id, "/retry")), 409, "job.conflict")
    spool.engine.hold.set()
    await spool.completed(job_id)


async def test_dead_letters_are_listed_counted_and_replayed(spool: Spool, speech: bytes) -> None:
    assert (await listed(spool))["jobs"] == []
    dead = await dead_letter(spool, speech)
    [shown] = (await listed(spool))["jobs"]
    assert shown == await spool.job(dead)
    [first, second] = shown["history"]
    assert (first["error_class"], first["exit_status"]) == ("EngineCrashed", -11)
    assert (second["stage"], second["last_lines"]) == ("transcribing", "last words")
    assert first["started_at"] < first["ended_at"] <= second["started_at"]
    assert (await spool.http.get("/health")).json()["dead_letters"] == 1
    answer = await spool.http.post(f"{DEAD}/{dead}/replay")
    assert (answer.status_code, answer.json()["status"]) == (202, "Pending")
    assert not answer.json()["dead_letter"]
    await spool.completed(dead)
    assert (await spool.http.get("/health")).json()["dead_letters"] == 0
    error(await spool.http.post(f"{DEAD}/{dead}/replay"), 404, "job.no_dead_letter")
    error(await spool.http.post(f"{DEAD}/no-such-job/replay"), 404, "job.not_found")


async def test_all_dead_letters_are_replayed_at_once(spool: Spool, speech: bytes) -> None:
    dead = [await dead_letter(spool, speech) for _ in range(3)]
    first = await listed(spool, limit=2)
    second = await listed(spool, limit=2, cursor=first["cursor"])
    assert [job["job_id"] for page in (first, second) for job in page["jobs"]] == dead[::-1]
    assert second["cursor"] is None
    answer = await spool.http.post(f"{DEAD}/replay")
    assert (answer.status_code, answer.json()) == (202, {"replayed": dead[::-1]})
    for job_id in dead:
        await spool.completed(job_id)
    assert (await spool.http.post(f"{DEAD}/replay")).json() == {"replayed": []}


@pytest.mark.parametrize("running", [True, False])
async def test_a_deleted_job_is_gone_with_all_that_was_found_in_it(
    spool: Spool, speech: bytes, running: bool
) -> None:
    before = spool.files()
    spool.engine.texts = {0: "marmalade"}
    if running:
        job_id = await at_work(spool, speech)
    else:
        job_id = await spool.take_in(speech)
        await spool.completed(job_id)
        assert (await spool.http.get("/api/v1/search?q=marmalade&mode=keyword")).json()["hits"]
    answer = await spool.http.delete(job_url(job_id))
    assert (answer.status_code, answer.content) == (204, b"")
    error(await spool.http.get(job_url(job_id)), 404, "job.not_found")
    error(await spool.http.get(job_url(job_id, "/result")), 404, "job.not_found")
    error(await spool.http.delete(job_url(job_id)), 404, "job.not_found")
    assert (await spool.http.get("/api/v1/search?q=marmalade&mode=keyword")).json()["hits"] == []
    assert spool.files() == before
    assert not list(spool.data.glob(f"*/{job_id}*"))


async def test_whoever_waits_for_a_job_that_is_deleted_is_told(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    *running, last = [await spool.take_in(speech) for _ in range(3)]
    queue: dict[str, int] = {}
    async with asyncio.timeout(60):
        while queue != {"waiting": 1, "running": 2}:
            queue = (await spool.http.get("/health")).json()["queue"]
        waiting = asyncio.create_task(spool.http.get(job_url(last), params={"wait": 60}))
        await spool.http.delete(job_url(last))
        error(await waiting, 404, "job.not_found")
    spool.engine.hold.set()
    for job_id in running:
        await spool.completed(job_id)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", job_url("x", "/cancel")),
        ("POST", job_url("x", "/retry")),
        ("DELETE", job_url("x")),
        ("POST", f"{DEAD}/x/replay"),
        ("POST", f"{DEAD}/replay"),
    ],
)
async def test_a_parameter_that_means_nothing_is_refused(
    spool: Spool, method: str, url: str
) -> None:
    answer = await spool.http.request(method, url, params={"force": "true"})
    assert "force" in error(answer, 422, "request.invalid")["message"]


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000])
async def test_a_length_that_is_no_length_is_no_fault(
    spool: Spool, quiet: bytes, length: str
) -> None:
    headers = {b"Content-Length": length.encode("latin-1")}
    answer = await spool.http.post("/api/v1/ingest", content=quiet, headers=headers)
    assert answer.status_code == (413 if length.isdecimal() else 202)
