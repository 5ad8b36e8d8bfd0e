"""A site pushes its pages."""

from typing import Any

import pytest

from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

SYNC = "/sync-content"


async def push(spool: Spool, status: int, **page: Any) -> dict[str, Any]:
    answer = await spool.http.post(SYNC, json=page)
    assert answer.status_code == status, answer.text
    [found] = answer.json()["pages"]
    assert found["slug"] == page["slug"]
    result: dict[str, Any] = found
    return result


async def test_a_page_is_taken_in_and_a_page_that_is_gone_is_taken_out(spool: Spool) -> None:
    jobs = await spool.count()
    pushed = await push(spool, 202, slug="docs/intro", content="# Intro\n\nHello.", title="Intro")
    assert pushed["status"] == "pending"
    job = await spool.ended(pushed["job_id"])
    assert (job["asset_id"], job["options"]["media_type"]) == ("docs/intro", "text")
    assert (spool.data / "text_jobs" / f"{job['job_id']}.mdx").read_text().startswith("# Intro")
    gone = await push(spool, 200, slug="docs/intro", deleted=True)
    assert (gone["status"], gone["job_id"]) == ("deleted", None)
    assert await spool.count() == jobs
    assert not list((spool.data / "text_jobs").iterdir())
    again = await push(spool, 200, slug="docs/intro", deleted=True)
    assert again["status"] == "deleted"


async def test_the_same_content_again_does_nothing_and_other_content_replaces(
    spool: Spool,
) -> None:
    first = await push(spool, 202, slug="twice", content="# One\n\nZinnias bloom.")
    await spool.completed(first["job_id"])
    again = await push(spool, 200, slug="twice", content="# One\n\nZinnias bloom.")
    assert (again["status"], again["job_id"]) == ("unchanged", None)
    other = await push(spool, 202, slug="twice", content="# One\n\nTulips bloom.")
    await spool.completed(other["job_id"])
    for words, slugs in (("zinnias", []), ("tulips", ["twice"])):
        query = {"q": words, "mode": "keyword"}
        hits = (await spool.http.get("/api/v1/search", params=query)).json()["hits"]
        assert [hit["asset_id"] for hit in hits] == slugs


async def test_a_hit_leads_to_the_page_of_the_site(spool: Spool) -> None:
    content = "---\ntitle: Crocus\n---\n\n## In spring\n\nThe crocus comes first."
    url = "https://example.org/crocus"
    pushed = await push(spool, 202, slug="crocus", content=content, url=url)
    await spool.completed(pushed["job_id"])
    query = {"q": "crocus comes", "mode": "keyword"}
    hits = (await spool.http.get("/api/v1/search", params=query)).json()["hits"]
    assert hits[0]["url"] == f"{url}#in-spring" and hits[0]["title"] == "Crocus"


async def test_many_pages_come_in_one_push(spool: Spool) -> None:
    pages = [{"slug": f"page-{number}", "content": f"Page {number}."} for number in range(3)]
    answer = await spool.http.post(SYNC, json={"pages": [*pages, {"slug": "no", "deleted": True}]})
    assert answer.status_code == 202, answer.text
    statuses = [page["status"] for page in answer.json()["pages"]]
    assert statuses == ["pending"] * 3 + ["deleted"]


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ({}, "slug"),
        ({"slug": "x"}, "content"),
        ({"slug": "x", "content": "y", "deleted": True}, "deleted"),
        ({"slug": "x", "content": ""}, "content"),
        ({"slug": "", "content": "y"}, "slug"),
        ({"slug": "x", "content": "a\x00b"}, "content"),
        ({"slug": "x", "content": "y", "url": "javascript:x"}, "url"),
        ({"slug": "x", "content": "y", "body": "z"}, "body"),
        ({"pages": []}, "pages"),
        ({"pages": [{"slug": "x"}]}, "content"),
    ],
)
async def test_a_page_that_is_wrong_is_named(spool: Spool, page: Any, named: str) -> None:
    jobs = await spool.count()
    message = error(await spool.http.post(SYNC, json=page), 422, "request.invalid")["message"]
    assert named in message
    assert await spool.count() == jobs
