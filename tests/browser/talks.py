"""Talks of many passages, and what people do with them on their page."""

from collections.abc import Sequence

from playwright.async_api import Locator, Page, expect

from tests.browser.houses import House
from tests.browser.places import watch
from tests.browser.visits import Visits


async def opened_talk(
    house: House, visits: Visits, clip: bytes, name: str, texts: Sequence[str]
) -> Page:
    """The page of the asset `name`, in which that is said."""
    house.engine.talks[name] = texts
    job_id = await house.spool.take_in(clip, asset_id=name, title=name, prompt=name)
    await house.spool.completed(job_id)
    page = await visits.open(house.url + watch(name))
    await expect(page.locator("#transcript.timed")).to_be_visible()
    return page


def passage(page: Page, number: int) -> Locator:
    return page.locator("#transcript p[id]").nth(number)


async def begin_to_correct(page: Page, number: int, words: str) -> None:
    """Until it is there to be saved."""
    await passage(page, number).hover()
    await page.get_by_role("button", name="Correct this passage").click()
    await page.get_by_role("textbox", name="Passage at").fill(words)


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
