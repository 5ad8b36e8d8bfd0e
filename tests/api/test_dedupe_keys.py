"""`Idempotency-Key` beside `dedupe`, beside other clients, and what `dedupe` finds by its bytes."""

import asyncio
import uuid
from pathlib import Path

import httpx2
import numpy as np
import pytest
from pytest_httpserver import HTTPServer

from tests import media
from tests.api.spool import INGEST, Spool, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def fresh(tmp_path: Path) -> bytes:
    """Sound that no other test sends."""
    samples = np.random.default_rng().normal(0, 0.001, 8000).astype(np.float32)
    return media.write_sound(tmp_path / "fresh.wav", samples).read_bytes()


async def sent(spool: Spool, content: bytes, key: str, **options: str) -> httpx2.Response:
    params = {"filename": "talk.wav", "dedupe": "true", **options}
    headers = {"Idempotency-Key": key}
    return await spool.http.post(INGEST, content=content, params=params, headers=headers)


async def named(spool: Spool, path: str, key: str | None = None) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    wish = {"path": path, "dedupe": True}
    return await spool.http.post(INGEST, json=wish, headers=headers)


async def heard(spool: Spool, content: bytes) -> str:
    job_id = await spool.take_in(content)
    await spool.completed(job_id)
    return job_id


async def test_a_key_with_another_body_is_refused_though_a_job_alike_is_done(
    spool: Spool, fresh: bytes
) -> None:
    other = fresh[:-2]
    await heard(spool, other)
    first = await sent(spool, fresh, "another body")
    await spool.completed(first.json()["job_id"])
    await refused(spool, sent(spool, other, "another body"), 422, "request.key_reused")


async def test_a_key_names_its_job_though_a_newer_one_is_alike(spool: Spool, fresh: bytes) -> None:
    first = (await sent(spool, fresh, "newer")).json()["job_id"]
    await spool.completed(first)
    await heard(spool, fresh)
    files = spool.files()
    again = await sent(spool, fresh, "newer")
    assert (again.status_code, again.json()["job_id"]) == (200, first)
    assert spool.files() == files


async def test_a_key_is_answered_for_a_day_by_the_job_alike_that_it_found(
    spool: Spool, fresh: bytes
) -> None:
    done = await heard(spool, fresh)
    assert (await sent(spool, fresh, "found")).json()["job_id"] == done
    await heard(spool, fresh)
    again = await sent(spool, fresh, "found")
    assert (again.status_code, again.json()["job_id"]) == (200, done)
    await refused(spool, sent(spool, fresh[:-2], "found"), 422, "request.key_reused")
    await refused(spool, sent(spool, fresh, "found", title="Another"), 422, "request.key_reused")


async def test_a_path_under_a_key_keeps_its_answer_too(spool: Spool, fresh: bytes) -> None:
    (spool.root / "kept.wav").write_bytes(fresh)
    done = await heard(spool, fresh)
    for _ in range(2):
        answer = await named(spool, "kept.wav", "a path")
        assert (answer.status_code, answer.json()["job_id"]) == (200, done)
        await heard(spool, fresh)
    await refused(spool, named(spool, "other.wav", "a path"), 422, "request.key_reused")
    (spool.root / "kept.wav").unlink()
    assert (await named(spool, "kept.wav", "a path")).json()["job_id"] == done


async def test_a_path_that_was_taken_in_without_the_wish_is_found(
    spool: Spool, fresh: bytes
) -> None:
    (spool.root / "plain.wav").write_bytes(fresh)
    taken = await spool.http.post(INGEST, json={"path": "plain.wav"})
    await spool.completed(taken.json()["job_id"])
    answer = await named(spool, "plain.wav")
    assert (answer.status_code, answer.json()["job_id"]) == (200, taken.json()["job_id"])


async def test_what_was_behind_a_url_is_found_when_it_comes_again(
    spool: Spool, fresh: bytes, media_server: HTTPServer
) -> None:
    media_server.expect_request("/talk.wav").respond_with_data(fresh)
    url = media_server.url_for("/talk.wav")
    job_id = (await spool.http.post(INGEST, json={"url": url})).json()["job_id"]
    await spool.completed(job_id)
    answer = await sent(spool, fresh, "from a URL")
    assert (answer.status_code, answer.json()["job_id"]) == (200, job_id)


async def test_transcripts_are_kept_beside_clients_that_use_a_key_for_two_requests(
    spool: Spool, quiet: bytes, speech: bytes
) -> None:
    (spool.root / "quiet.wav").write_bytes(quiet)
    ended = asyncio.Event()

    async def ask(title: str, key: str) -> int:
        wish = {"path": "quiet.wav", "title": title, "priority": "batch"}
        headers = {"Idempotency-Key": key}
        return (await spool.http.post(INGEST, json=wish, headers=headers)).status_code

    async def insist() -> None:
        while not ended.is_set():
            key = uuid.uuid4().hex
            answers = await asyncio.gather(ask("one", key), ask("other", key))
            assert sorted(answers) == [202, 422]

    others = [asyncio.create_task(insist()) for _ in range(4)]
    jobs = [await spool.take_in(speech) for _ in range(8)]
    states = [(await spool.ended(job_id))["status"] for job_id in jobs]
    results = [await spool.http.get(f"/api/v1/jobs/{job_id}/result") for job_id in jobs]
    ended.set()
    await asyncio.gather(*others)
    assert states == ["Completed"] * len(jobs)
    assert [len(result.json().get("segments", ())) for result in results] == [3] * len(jobs)
