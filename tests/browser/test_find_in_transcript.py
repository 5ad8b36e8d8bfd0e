"""Words are found in a long transcript: all counted, those in sight marked, one after another."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.houses import House
from tests.browser.talks import begin_to_correct, opened_talk, passage, save
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = [f"Passage {number} tells of everything else." for number in range(300)]
#: Whether the marks of what is found are in some passages, and not in all.
MARKED = """(number) => {
  const marks = [...CSS.highlights.get("found") ?? []];
  const passages = [...document.querySelectorAll("#transcript p[id]")];
  const has = (passage) => marks.some(({ startContainer }) => passage.contains(startContainer));
  return has(passages[number]) && !passages.every(has);
}"""
#: What the mark of the one place says that its reader is at.
HERE = """() => [...CSS.highlights.get("here") ?? []].map(
  ({ startContainer: { data }, startOffset, endOffset }) => data.slice(startOffset, endOffset))"""


def box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Find in transcript")


def count(page: Page) -> Locator:
    return page.get_by_role("search", name="In this transcript").get_by_role("status")


async def test_all_places_are_counted_and_those_in_sight_are_marked(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "long", LONG)
    places = "".join(LONG).count("e")
    await box(page).fill("e")
    await expect(count(page)).to_have_text(f"1 of {places}")
    await page.wait_for_function(MARKED, arg=0)
    await box(page).press("Shift+Enter")
    await expect(count(page)).to_have_text(f"{places} of {places}")
    await expect(passage(page, len(LONG) - 1)).to_be_in_viewport()
    await page.wait_for_function(MARKED, arg=len(LONG) - 1)
    assert await page.evaluate(HERE) == ["e"]
    await box(page).press("Enter")
    await expect(count(page)).to_have_text(f"1 of {places}")
    await expect(passage(page, 0)).to_be_in_viewport()
    await box(page).press("Escape")
    await expect(count(page)).to_have_text("")
    assert await page.evaluate("CSS.highlights.has('found') || CSS.highlights.has('here')") is False
    await expect(box(page)).to_be_focused()
    await box(page).press("Escape")
    await expect(box(page)).not_to_be_focused()


async def test_words_are_found_where_passages_meet(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "meeting", LONG)
    await box(page).fill("else. passage 77")
    await expect(count(page)).to_have_text("1 of 1")
    await expect(passage(page, 77)).to_be_in_viewport()
    assert await page.evaluate(HERE) == ["else.", "Passage 77"]


async def test_what_is_corrected_is_found_as_it_is_now(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "corrected", ["One apple.", "One pear."])
    await box(page).fill("one")
    await expect(count(page)).to_have_text("1 of 2")
    await begin_to_correct(page, 1, "One pear and one plum.")
    await save(page)
    await expect(count(page)).to_have_text("1 of 3")
    await box(page).press("Shift+Enter")
    await expect(count(page)).to_have_text("3 of 3")
    assert await page.evaluate(HERE) == ["one"]
    await expect(passage(page, 1)).to_contain_text("One pear and one plum.")
