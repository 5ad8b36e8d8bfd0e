"""Figures and dialogs in the words of whoever reads them."""

import pytest
from playwright.async_api import expect

from tests.browser.houses import House
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

DATES = """async (date) => {
  const { day, moment } = await import("/page/format.js");
  return [day(date), moment(date)];
}"""
#: The index, in a house that has only just been opened.
STILL_LOADING = "status of 503.*/build-index"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
AGO = "async ([then, now]) => (await import('/page/format.js')).ago(then, Date.parse(now))"


@pytest.mark.parametrize(
    ("zone", "words"), [("UTC", "yesterday"), ("Pacific/Auckland", "2 days ago")]
)
async def test_days_are_those_of_whoever_reads_them(
    house: House, visits: Visits, zone: str, words: str
) -> None:
    """A day and two hours; in Auckland two midnights lie between."""
    page = await visits.open(house.url, timezone_id=zone)
    moments = ["2026-01-01T10:00:00Z", "2026-01-02T12:00:00Z"]
    assert await page.evaluate(AGO, moments) == words


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
async def test_dates_are_in_the_words_of_the_page_whatever_the_browser_speaks(
    house: House, visits: Visits, locale: str
) -> None:
    page = await visits.open(house.url, locale=locale, timezone_id="Pacific/Auckland")
    day, moment = await page.evaluate(DATES, "2026-04-02T14:05:09Z")
    assert day == "3 April 2026"
    assert moment.startswith(day)
    assert moment.endswith("03:05:09")


async def test_a_new_key_is_shown_where_nothing_can_be_cancelled(
    house: House, visits: Visits
) -> None:
    visits.provokes(STILL_LOADING)
    page = await visits.open(f"{house.url}/#/system")
    await page.get_by_role("button", name="Make a key").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("Of a test")
    await page.get_by_role("dialog").get_by_role("button", name="Make it").click()
    shown = page.get_by_role("dialog", name="Your new key")
    await expect(shown.get_by_role("button", name="I have it")).to_be_visible()
    await expect(shown.get_by_role("button", name="Cancel")).to_have_count(0)
    await shown.get_by_role("button", name="I have it").click()
    await expect(page.get_by_role("region", name="API keys")).to_contain_text("Of a test")


async def test_a_new_key_is_copied_by_hand_where_the_page_may_not_write_the_clipboard(
    house: House, visits: Visits
) -> None:
    """As over plain http from another machine."""
    visits.provokes(STILL_LOADING)
    page = await visits.blank(house.url)
    await page.add_init_script(NO_CLIPBOARD)
    await page.goto(f"{house.url}/#/system")
    await page.get_by_role("button", name="Make a key").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("By hand")
    await page.get_by_role("dialog").get_by_role("button", name="Make it").click()
    shown = page.get_by_role("dialog", name="Your new key")
    secret = await shown.get_by_label("The key").input_value()
    await shown.get_by_role("button", name="Copy").click()
    by_hand = page.get_by_role("dialog", name="Copy this key").get_by_label("Key")
    await expect(by_hand).to_be_focused()
    await expect(by_hand).to_have_value(secret)
    assert await page.evaluate("String(getSelection())") == secret
