"""What the first look at the page costs whoever has never been here."""

import pytest
from playwright.async_api import expect

from tests.browser.houses import House
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST = 300_000  # bytes on the wire


async def test_the_first_view_is_less_than_300_kilobytes(house: House, visits: Visits) -> None:
    page = await visits.open(house.url)
    await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert f"{house.url}/page/home.js" in visits.asked
    assert 10_000 < await visits.weight() < MOST
