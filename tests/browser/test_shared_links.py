"""A shared transcript, read by somebody who has no key and runs no scripts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.houses import House, opened_house
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "What was said behind closed doors."
ASSET = "minutes"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def closed(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, clip: bytes
) -> AsyncIterator[House]:
    """A service that wants keys, with one transcript."""
    folder = tmp_path_factory.mktemp("closed")
    async with opened_house(folder, model_folder, server={"require_keys": True}) as house:
        await house.sign_in()
        job_id = await house.spool.take_in(clip, prompt=SAID, asset_id=ASSET, title="The minutes")
        await house.spool.completed(job_id)
        yield house


async def test_a_share_link_opens_without_a_key_and_without_scripts(
    closed: House, visits: Visits
) -> None:
    answer = await closed.spool.http.post("/api/v1/shares", json={"asset_id": ASSET})
    assert answer.status_code == 201, answer.text
    address = closed.url + answer.json()["url"]
    page = await visits.open(address, java_script_enabled=False)
    await expect(page.get_by_role("heading", name="The minutes")).to_be_visible()
    await expect(page.get_by_text(SAID)).to_be_visible()
    assert await page.locator("script").count() == 0
    dress = [asked for asked in visits.asked if asked != address]
    assert all(asked.startswith(f"{closed.url}/page/") for asked in dress)
    assert not [asked for asked in dress if asked.endswith(".js")]


async def test_an_expired_link_is_not_found(closed: House, visits: Visits) -> None:
    visits.provokes("status of 404")
    _, token = await closed.spool.doors.shares.share(ASSET, timedelta(microseconds=1))
    page = await visits.open(closed.url)
    answer = await page.goto(f"/shared/{token}")
    assert answer is not None and answer.status == 404
    await expect(page.get_by_role("heading", name="Nothing to read here")).to_be_visible()
    await expect(page.get_by_text("Ask whoever sent you the link")).to_be_visible()
    assert SAID not in await page.content()


async def test_a_link_that_is_taken_back_is_not_found(closed: House, visits: Visits) -> None:
    visits.provokes("status of 404")
    share, token = await closed.spool.doors.shares.share(ASSET, timedelta(days=1))
    page = await visits.open(f"{closed.url}/shared/{token}")
    await expect(page.get_by_text(SAID)).to_be_visible()
    await closed.spool.doors.shares.revoke(share.share_id)
    answer = await page.reload()
    assert answer is not None and answer.status == 404
