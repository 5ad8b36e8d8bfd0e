"""The guide in a browser: everybody can read it, also on a phone and in the dark."""

import pytest
from playwright.async_api import expect

from tests.browser.everybody import PHONE, graves
from tests.browser.houses import House
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: With a picture, a wide table, code, and lists.
PAGES = ("", "/architecture", "/configuration", "/jobs", "/migrate-openai")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_of_the_guide_can_be_used_by_everybody(
    house: House, visits: Visits, path: str
) -> None:
    page = await visits.open(f"{house.url}/docs/guide{path}")
    assert await graves(page) == []
    await page.emulate_media(color_scheme="dark")
    assert await graves(page) == []


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_of_the_guide_fits_on_a_phone_and_begins_with_its_text(
    house: House, visits: Visits, path: str
) -> None:
    page = await visits.open(f"{house.url}/docs/guide{path}", **PHONE)
    assert await page.evaluate(WIDER) == 0
    assert await graves(page) == []
    title, pages = page.locator("h1"), page.get_by_role("navigation")
    above, below = await title.bounding_box(), await pages.bounding_box()
    assert above is not None and below is not None
    assert above["y"] < below["y"]


async def test_the_guide_is_a_link_away_from_every_view_and_no_view_itself(
    house: House, visits: Visits
) -> None:
    page = await visits.open(house.url, **PHONE)
    views = page.get_by_role("navigation", name="Views")
    await expect(views.locator("[aria-current]")).to_have_text(["Add"])  # once it knows who asks
    assert await page.evaluate(WIDER) == 0
    await views.get_by_role("link", name="Guide").click()
    await page.wait_for_url(f"{house.url}/docs/guide")
