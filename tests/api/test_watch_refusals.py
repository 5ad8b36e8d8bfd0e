"""What pages refuse, told to people as a page and to programs as JSON."""

from html import escape
from pathlib import Path

import pytest

from app.web.refusal_pages import SHARED
from app.web.table import DOORS
from app.web.watch_refusals import BELOW, PAGES
from tests.api.spool import Spool, error, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_what_is_unknown_is_a_page_for_browsers_and_json_for_others(spool: Spool) -> None:
    page = await spool.http.get("/watch/no%3Cb%3Ebody", headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "There is nothing here" in page.text and "no&lt;b&gt;body" in page.text
    assert "<b>" not in page.text and page.headers["vary"] == "Accept"
    error(await spool.http.get("/watch/nobody"), 404, "asset.not_found")


async def test_an_address_that_leads_nowhere_is_a_page_for_browsers(spool: Spool) -> None:
    page = await spool.http.get("/libary", headers=BROWSER)
    assert page.status_code == 404 and "There is nothing here" in page.text
    error(await spool.http.get("/libary"), 404, "route.not_found")
    error(await spool.http.get("/api/v1/libary", headers=BROWSER), 404, "route.not_found")


async def test_a_link_that_is_over_is_told_as_a_page_of_its_own(spool: Spool) -> None:
    """Whoever has only the link has no use for the rest of the service."""
    page = await spool.http.get("/shared/over", headers=BROWSER)
    assert page.status_code == 404 and page.headers["vary"] == "Accept"
    assert "this link leads nowhere, or its time is over" in page.text
    assert "Ask whoever sent you the link" in page.text
    assert "<script" not in page.text and 'href="/#/' not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "address",
    ["/watch/a?t=soon", "/?t=1", "/docs?t=1", "/docs/guide?t=1", "/docs/guide/jobs?t=1"],
)
async def test_an_address_that_is_not_right_is_told_as_a_page(spool: Spool, address: str) -> None:
    page = await spool.http.get(address, headers=BROWSER)
    assert page.status_code == 422 and "That address is not right" in page.text
    assert page.headers["content-type"].startswith("text/html")
    error(await spool.http.get(address), 422)


async def test_the_document_tells_of_pages_where_refusals_are_some() -> None:
    told = {each.path for each in DOORS if any(verb.pages for verb in each.operations.values())}
    shared = {path for path in told if path.startswith(SHARED)}
    below = {path for path in told if path.startswith(BELOW)}
    assert told == {*PAGES} | below | shared and len(below) == len(BELOW) and shared


async def test_what_is_on_its_way_leads_to_its_job(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech, "talk.flac", asset_id="soon", title="<Soon>")
    page = await spool.http.get("/watch/soon", headers=BROWSER)
    assert page.status_code == 409 and "&lt;Soon&gt;: still on its way" in page.text
    assert f'href="/#/jobs/{job_id}"' in page.text and f'data-job="{job_id}"' in page.text
    error(await spool.http.get("/watch/soon"), 409, "asset.not_ready")
    spool.engine.hold.set()
    await spool.completed(job_id)
    assert (await spool.http.get("/watch/soon", headers=BROWSER)).status_code == 200


async def test_nobody_waits_for_what_came_to_nothing(spool: Spool) -> None:
    job_id = await spool.take_in(b"no sound at all", "noise.wav", asset_id="failed")
    job = await spool.ended(job_id)
    assert job["status"] == "Failed"
    page = await spool.http.get("/watch/failed", headers=BROWSER)
    assert page.status_code == 409 and "nothing came of it" in page.text
    assert f"Its job has failed: {escape(job['error']['message'])}" in page.text
    assert "It can be tried again" in page.text
    assert f'href="/#/jobs/{job_id}"' in page.text and "data-job" not in page.text


async def test_a_browser_without_a_key_is_asked_for_one(tmp_path: Path, model_folder: Path) -> None:
    async with opened(tmp_path, model_folder, server={"require_keys": True}) as spool:
        page = await spool.http.get("/watch/anything", headers=BROWSER)
        assert page.status_code == 401 and 'data-refused="401"' in page.text
        assert "An API key, please" in page.text and page.headers["cache-control"] == "no-store"
        error(await spool.http.get("/watch/anything"), 401)
