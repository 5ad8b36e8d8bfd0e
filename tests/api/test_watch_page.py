"""`/watch/{name}`: where the links of hits lead, whatever they found."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.records import LATEST, moment_id
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def added(spool: Spool, **record: Any) -> dict[str, Any]:
    """The one hit on its words."""
    answer = await spool.http.post("/bulk-add", json={"records": [record]})
    assert answer.status_code == 200, answer.text
    query = {"q": record["text"], "mode": "keyword"}
    [hit] = (await spool.http.get("/api/v1/search", params=query)).json()["hits"]
    found: dict[str, Any] = hit
    return found


@pytest.mark.parametrize("owner", [{}, {"asset_id": "no/asset"}, {"parent_id": "no/video"}])
async def test_a_hit_on_a_record_leads_to_its_words(spool: Spool, owner: dict[str, str]) -> None:
    name = f"records/{'-'.join(owner) or 'alone'}"
    hit = await added(spool, id=name, text=f"Quokkas <b>smile</b> {name}", **owner)
    page = await spool.http.get(hit["url"])
    assert page.status_code == 200 and "Quokkas &lt;b&gt;smile" in page.text
    await spool.http.post("/bulk-add", json={"records": [{"id": name, "deleted": True}]})
    error(await spool.http.get(hit["url"]), 404, "asset.not_found")


async def test_a_hit_on_a_record_of_an_asset_leads_to_that_moment_of_it(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.texts = {0: " The apple fell.", 1: " It is cold.", 2: " We go to the moon."}
    job = await spool.completed(await spool.take_in(speech, "talk.flac", asset_id="a-talk"))
    segments = (await spool.http.get(job["result_url"])).json()["segments"]
    start = segments[-1]["start"]
    hit = await added(spool, id="note", asset_id="a-talk", text="Gravitas", start=start)
    page = (await spool.http.get(hit["url"])).text
    assert "We go to the moon." in page.split("autofocus>")[1].split("</p>")[0]


@pytest.mark.parametrize("told", [LATEST, 2**53], ids=["the last one", "kept before"])
async def test_a_record_of_a_far_time_has_a_page(spool: Spool, told: int) -> None:
    await added(spool, id="far", text="Eschaton", created_at=LATEST)
    [record] = await spool.doors.records.store.get([moment_id("far")])
    old = replace(record, moment=replace(record.moment, created_at=told))
    await spool.doors.records.store.put([old])
    page = await spool.http.get("/watch/far")
    assert page.status_code == 200 and "Eschaton" in page.text


async def test_a_record_of_a_time_beyond_all_dates_is_refused(spool: Spool) -> None:
    record = {"id": "beyond", "created_at": LATEST + 1}
    answer = await spool.http.post("/bulk-add", json={"records": [record]})
    assert "records.0.created_at" in error(answer, 422, "request.invalid")["message"]
