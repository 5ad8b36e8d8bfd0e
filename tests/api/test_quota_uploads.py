"""Beyond the quota of its key nothing is taken in, whichever way it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_httpserver import HTTPServer

from app.domain.jobs import Job, JobStatus
from app.domain.keys import Scope
from app.domain.quotas import Quota
from tests.api.spool import INGEST, Spool, error, multipart, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = "/api/v1/keys"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path, model_folder: Path) -> AsyncIterator[Spool]:
    server = {"require_keys": True}
    async with opened(
        tmp_path / "house", model_folder, server=server, retention={"quota_jobs": 2}
    ) as spool:
        yield spool


async def key(house: Spool, **quota: int) -> dict[str, str]:
    """Headers of a new one that may send."""
    _, secret = await house.doors.keys.create(
        "sender", [Scope.INGEST, Scope.READ], None, Quota(**quota)
    )
    return {"X-API-Key": secret}


async def admin(house: Spool) -> dict[str, str]:
    _, secret = await house.doors.keys.create("admin", [Scope.ADMIN])
    return {"X-API-Key": secret}


async def send(house: Spool, content: Any, headers: dict[str, str]) -> Any:
    return await house.http.post(INGEST, content=content, headers=headers, params={"filename": "a"})


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """No length is told."""
    for first in range(0, len(content), 1024):
        yield content[first : first + 1024]


async def test_jobs_are_kept_up_to_the_quota_and_room_is_made_by_deleting(
    house: Spool, quiet: bytes
) -> None:
    mine = await key(house)
    jobs = [(await send(house, quiet, mine)).json()["job_id"] for _ in range(2)]
    refused = error(await send(house, quiet, mine), 403, "quota.exceeded")
    assert "2 of 2 jobs" in refused["message"]
    gone = await house.http.delete(f"/api/v1/jobs/{jobs[0]}", headers=await admin(house))
    assert gone.status_code == 204
    assert (await send(house, quiet, mine)).status_code == 202
    assert (await send(house, quiet, await key(house))).status_code == 202, "another key"


async def test_a_medium_that_is_too_large_is_refused_before_it_travels_or_as_it_does(
    house: Spool, quiet: bytes
) -> None:
    mine = await key(house, bytes=len(quiet) - 1)

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it travelled")
        yield b""

    told = mine | {"Content-Length": str(len(quiet))}
    refused = error(await send(house, never(), told), 403, "quota.exceeded")
    assert f"0 of {len(quiet) - 1} bytes" in refused["message"]
    error(await send(house, in_pieces(quiet), mine), 403, "quota.exceeded")
    form, headers = multipart(("file", "a.wav", quiet))
    answer = await house.http.post(INGEST, content=form, headers=headers | mine)
    error(answer, 403, "quota.exceeded")
    for path in ("/process", "/video/submit", "/v1/audio/transcriptions"):
        answer = await house.http.post(path, content=form, headers=headers | mine)
        assert answer.status_code in (403, 415), path
    assert house.files() == set()


async def test_what_just_fits_is_taken_in(house: Spool, quiet: bytes) -> None:
    mine = await key(house, bytes=len(quiet))
    form, headers = multipart(("file", "a.wav", quiet))
    answer = await house.http.post(INGEST, content=form, headers=headers | mine)
    assert answer.status_code == 202
    error(await send(house, b"x", mine), 403, "quota.exceeded")


async def test_of_many_at_once_no_more_are_kept_than_may_be(house: Spool, quiet: bytes) -> None:
    mine = await key(house, jobs=3)
    answers = await asyncio.gather(*(send(house, in_pieces(quiet), mine) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [403] * 5


async def test_a_request_that_is_sent_again_is_answered_though_there_is_no_room(
    house: Spool, quiet: bytes
) -> None:
    mine = await key(house, jobs=1) | {"Idempotency-Key": "once"}
    first = await send(house, quiet, mine)
    assert first.status_code == 202
    again = await send(house, quiet, mine)
    assert again.json()["job_id"] == first.json()["job_id"]
    error(await send(house, quiet, mine | {"Idempotency-Key": "twice"}), 403, "quota.exceeded")


async def test_a_resumable_upload_takes_its_room_when_it_is_announced(
    house: Spool, quiet: bytes
) -> None:
    mine = await key(house, bytes=len(quiet) + 10)
    length = {"Upload-Length": str(len(quiet))}
    begun = await house.http.post("/api/v1/uploads", headers=mine | TUS | length)
    assert begun.status_code == 201
    other = await house.http.post("/api/v1/uploads", headers=mine | TUS | {"Upload-Length": "11"})
    error(other, 403, "quota.exceeded")
    place = begun.headers["Location"]
    done = await house.http.patch(place, content=quiet, headers=mine | CHUNK)
    assert done.status_code == 204 and done.headers["Spool-Job-Id"]
    error(await send(house, b"x" * 11, mine), 403, "quota.exceeded")
    assert (await send(house, b"x" * 10, mine)).status_code == 202


async def test_paths_and_urls_are_jobs_too(house: Spool, quiet: bytes) -> None:
    (house.root / "a.wav").write_bytes(quiet)
    mine = await key(house, jobs=1, bytes=1)
    there = {"path": "a.wav"}
    assert (await house.http.post(INGEST, json=there, headers=mine)).status_code == 202
    for source in (there, {"url": "http://127.9.9.9/a.wav"}):
        answer = await house.http.post(INGEST, json=source, headers=mine)
        error(answer, 403, "quota.exceeded")


async def test_what_is_behind_a_url_is_kept_up_to_the_quota_too(
    house: Spool, quiet: bytes, media_server: HTTPServer
) -> None:
    media_server.expect_request("/talk.wav").respond_with_data(quiet)
    mine, source = await key(house, jobs=0, bytes=len(quiet)), media_server.url_for("/talk.wav")

    async def fetched() -> Job:
        answer = await house.http.post(INGEST, json={"url": source}, headers=mine)
        return await house.doors.jobs.wait(answer.json()["job_id"], 60)

    assert (await fetched()).status is JobStatus.COMPLETED
    kept = house.files()
    refused = await fetched()
    assert (refused.status, refused.error_code) == (JobStatus.FAILED, "quota.exceeded")
    assert not refused.dead_letter and house.files() == kept


async def test_an_admin_gives_a_key_more_and_it_counts_at_once(house: Spool, quiet: bytes) -> None:
    boss = await admin(house)
    asked = {"name": "camera", "scopes": ["ingest"], "quota_jobs": 1}
    made = (await house.http.post(KEYS, json=asked, headers=boss)).json()
    assert (made["quota_jobs"], made["quota_bytes"]) == (1, None)
    mine = {"X-API-Key": made["secret"]}
    assert (await send(house, quiet, mine)).status_code == 202
    error(await send(house, quiet, mine), 403, "quota.exceeded")
    place = f"{KEYS}/{made['key_id']}"
    changed = await house.http.patch(place, json={"quota_jobs": 2}, headers=boss)
    assert (changed.json()["quota_jobs"], changed.json()["quota_bytes"]) == (2, None)
    assert (await send(house, quiet, mine)).status_code == 202
    error(await send(house, quiet, mine), 403, "quota.exceeded")
    changed = await house.http.patch(
        place, json={"quota_jobs": None, "quota_bytes": 0}, headers=boss
    )
    assert (changed.json()["quota_jobs"], changed.json()["quota_bytes"]) == (None, 0)
    error(await send(house, quiet, mine), 403, "quota.exceeded")  # as the settings say: 2


async def test_quotas_of_keys_that_are_none_are_not_changed(house: Spool) -> None:
    boss = await admin(house)
    nobody = f"{KEYS}/00000000-0000-4000-8000-000000000000"
    error(await house.http.patch(nobody, json={}, headers=boss), 404, "key.not_found")
    error(await house.http.patch(f"{KEYS}/x", json={}, headers=boss), 404, "key.not_found")
    for wrong in ({"quota_jobs": -1}, {"quota_jobs": 1.5}, {"quota_bytes": 1 << 63}, {"name": "x"}):
        answer = await house.http.patch(nobody, json=wrong, headers=boss)
        error(answer, 422, "request.invalid")
