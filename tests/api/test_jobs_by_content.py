"""`GET /api/v1/jobs?sha256=`: what the service has of certain bytes."""

import hashlib

import pytest

from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def known(spool: Spool, content: bytes, **query: str) -> list[str]:
    digest = hashlib.sha256(content).hexdigest()
    answer = await spool.http.get("/api/v1/jobs", params={"sha256": digest, **query})
    assert answer.status_code == 200, answer.text
    return [job["job_id"] for job in answer.json()["jobs"]]


async def test_jobs_on_the_same_bytes_are_told_whatever_became_of_them(spool: Spool) -> None:
    one, other = b"# One and the same", b"# Another"
    first = await spool.take_in(one, "one.md")
    second = await spool.take_in(one, "two.md")
    await spool.take_in(other, "other.md")
    assert await known(spool, one) == [second, first]
    await spool.completed(first)
    await spool.completed(second)
    assert await known(spool, one, limit="1") == [second]
    assert await known(spool, one, status="failed") == []
    assert await known(spool, b"never seen") == []


async def test_what_a_later_job_replaced_is_not_told(spool: Spool) -> None:
    old, new = b"# Draft", b"# Final"
    await spool.completed(await spool.take_in(old, "page.md", asset_id="pages/by content"))
    job_id = await spool.take_in(new, "page.md", asset_id="pages/by content")
    assert await known(spool, old) == []
    assert await known(spool, new) == [job_id]
    await spool.completed(job_id)
    again = {"assetId": "pages/by content", "stage": "refresh"}
    answer = await spool.http.post("/api/v1/assets", json=again)
    assert answer.status_code == 202, answer.text
    assert await known(spool, new) == [job_id]


async def test_what_is_no_digest_is_refused(spool: Spool) -> None:
    for wrong in ("", "abc", "A" * 64, "0" * 65):
        answer = await spool.http.get("/api/v1/jobs", params={"sha256": wrong})
        assert "sha256" in error(answer, 422)["message"]
