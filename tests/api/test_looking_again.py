"""The stages `post_label` and `refresh`: what is told is noted, and nothing is looked at again."""

import json
from typing import Any

import httpx2
import pytest

from app.domain.writing.formats import MOST_BYTES
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v1/assets"


async def written(spool: Spool, asset_id: str, text: str = "Words.") -> dict[str, Any]:
    payload = {"assetId": asset_id, "extra": {"text": text, "title": "Old"}}
    answer = await spool.http.post(ASSETS, json=payload)
    assert answer.status_code == 202, answer.text
    await spool.completed(answer.json()["job_id"])
    return await shown(spool, asset_id)


async def shown(spool: Spool, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await spool.http.get(f"{ASSETS}/{asset_id}")).json()
    return found


async def again(
    spool: Spool, asset_id: str, key: str | None = None, stage: str = "refresh", **extra: Any
) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    payload = {"assetId": asset_id, "stage": stage, "extra": extra}
    return await spool.http.post(ASSETS, json=payload, headers=headers)


@pytest.mark.parametrize(
    "wrong", [{"language": "Klingon"}, {"model": "wrong"}, {"webhook_url": "http://10.0.0.1/"}]
)
async def test_where_it_is_refused_nothing_changes(spool: Spool, wrong: dict[str, str]) -> None:
    before = await written(spool, "refused-again")
    answer = await again(spool, "refused-again", title="New", **wrong)
    assert answer.status_code in (403, 422), answer.text
    assert await shown(spool, "refused-again") == before


async def test_sent_again_under_its_key_it_is_the_same_job_and_changes_nothing(
    spool: Spool,
) -> None:
    await written(spool, "keyed")
    first = await again(spool, "keyed", "k", title="New")
    await spool.completed(first.json()["job_id"])
    after = await shown(spool, "keyed")
    second = await again(spool, "keyed", "k", title="New")
    assert second.json()["job_id"] == first.json()["job_id"]
    assert await shown(spool, "keyed") == after
    error(await again(spool, "keyed", "k", title="Other"), 422, "request.key_reused")
    assert (await shown(spool, "keyed"))["title"] == "New"


async def test_a_page_that_was_looked_at_again_is_as_it_was_pushed(spool: Spool) -> None:
    page = {"slug": "steady-page", "content": "# Steady"}
    pushed = (await spool.http.post("/sync-content", json=page)).json()["pages"][0]
    await spool.completed(pushed["job_id"])
    looked = await again(spool, "steady-page", stage="post_label", labels=["x"])
    await spool.completed(looked.json()["job_id"])
    pushed = (await spool.http.post("/sync-content", json=page)).json()["pages"][0]
    assert (pushed["status"], pushed["job_id"]) == ("unchanged", None)


async def test_a_correction_longer_than_any_text_that_is_taken_in_is_refused(spool: Spool) -> None:
    before = await written(spool, "long")
    letters = "é" * (MOST_BYTES // 2 + 1)
    text = json.dumps({"text": letters}, ensure_ascii=False).encode()
    answer = await spool.http.patch(f"{ASSETS}/long", content=text)
    assert "text" in error(answer, 422, "request.invalid")["message"]
    assert await shown(spool, "long") == before
