"""All of it without a mouse: every step by keys that anybody knows, and the focus always seen."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import FileChooser, FilePayload, Locator, Page, expect

from tests.browser.echo import FAILS
from tests.browser.houses import House
from tests.browser.places import search, watch
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAR = 150  # steps to anything on a page
FOCUSED = "(element) => element === document.activeElement"
#: Whether a ring is drawn around what has the focus, or around the row that it stands for.
SEEN = """(element) => {
  const isRung = (each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  };
  return [element, element.closest("li")].some((each) => each && isRung(each));
}"""
SAID = "A balloon rises over the village."
WRITTEN = "A zeppelin rises over the village."


async def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Until it has the focus."""
    await expect(wanted).to_be_attached()
    for _ in range(FAR):
        await page.keyboard.press(key)
        if await wanted.evaluate(FOCUSED):
            return
    raise AssertionError(f"{wanted} is never reached by {key}")


async def test_a_medium_is_added_corrected_and_found_by_keys_alone(
    house: House, visits: Visits, clip: bytes
) -> None:
    medium: FilePayload = {"name": "balloon.flac", "mimeType": "audio/flac", "buffer": clip}
    page = await visits.open(house.url)
    await is_added(page, medium)
    jobs = page.get_by_role("region", name="Jobs")
    await tab_to(page, jobs.get_by_role("link", name="balloon.flac", exact=True))
    await page.keyboard.press("Enter")
    await expect(page.locator("#transcript")).to_contain_text("window 0")
    await is_corrected(page)
    await house.can_find("zeppelin")
    await is_found(page)


async def is_added(page: Page, medium: FilePayload) -> None:
    """By the button for files, which the browser's own box follows."""
    # asked for long before the key: the browser is told so by a message that nobody waits for
    asked: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
    page.once("filechooser", lambda chooser: asked.set_result(chooser))
    await expect(page.locator("main input[type=file]").first).to_be_attached()
    choose = page.get_by_role("main").get_by_role("button", name="Choose files")
    await tab_to(page, choose)
    assert await choose.evaluate(SEEN)
    await page.keyboard.press("Enter")
    async with asyncio.timeout(60):
        await (await asked).set_files(medium)
    jobs = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    await expect(jobs.filter(has_text="balloon")).to_contain_text("Completed")


async def is_corrected(page: Page) -> None:
    """By the key that the page tells of."""
    await expect(page.get_by_role("button", name="Share")).to_be_visible()
    await page.keyboard.press("e")
    box = page.get_by_role("textbox", name="Passage at")
    await expect(box).to_be_focused()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(WRITTEN)
    await page.keyboard.press("Enter")
    await expect(box).to_have_count(0)
    await expect(page.locator("#transcript")).to_contain_text(WRITTEN)


async def is_found(page: Page) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
    await page.keyboard.type("zeppelin")
    await page.keyboard.press("Enter")
    hit = page.get_by_role("main").get_by_role("link", name="balloon").first
    await expect(hit).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(hit).to_be_focused()
    assert await hit.evaluate(SEEN)
    await page.keyboard.press("Enter")
    await expect(page.locator("#transcript .here")).to_contain_text(WRITTEN)


async def test_whoever_begins_with_tab_may_skip_what_is_the_same_everywhere(
    house: House, visits: Visits
) -> None:
    page = await visits.open(house.url)
    await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="To the content")
    await expect(skip).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await expect(page.get_by_role("heading", name="There is nothing here")).to_have_count(0)


async def test_the_keys_of_the_player_move_it(house: House, visits: Visits, clip: bytes) -> None:
    job_id = await house.spool.take_in(clip, asset_id="played", prompt=SAID)
    await house.spool.completed(job_id)
    page = await visits.open(house.url + watch("played"))
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await page.wait_for_function("() => document.querySelector('audio, video').readyState > 0")
    await page.keyboard.press("l")
    assert await at(page) == pytest.approx(10.0, abs=0.5)
    await page.keyboard.press("ArrowLeft")
    assert await at(page) == pytest.approx(5.0, abs=0.5)
    await page.keyboard.press("k")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def test_the_space_bar_plays_after_a_click_on_the_time_of_a_passage(
    house: House, visits: Visits, clip: bytes
) -> None:
    """The link keeps the focus, and does nothing with that key."""
    job_id = await house.spool.take_in(clip, asset_id="clicked", prompt=SAID)
    await house.spool.completed(job_id)
    page = await visits.open(house.url + watch("clicked"))
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await page.wait_for_function("() => document.querySelector('audio, video').readyState > 0")
    time = page.locator("#transcript a:has(time)").first
    await time.click()
    await expect(time).to_be_focused()
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def at(page: Page) -> Any:
    return await page.evaluate("document.querySelector('audio, video').currentTime")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pairs(open_house: House, clip: bytes) -> House:
    """At least two in every list."""
    spool = open_house.spool
    for number in range(2):
        talk = await spool.take_in(clip, title=f"Talk {number}", prompt=f"A dirigible, {number}.")
        await spool.completed(talk)
        await spool.ended(await spool.take_in(clip, title=f"Ruin {number}", prompt=f"{FAILS}why"))
    await open_house.can_find("dirigible")
    return open_house


@pytest.mark.parametrize("path", ["/", "/#/library", "/#/dead-letters", search("dirigible")])
async def test_j_and_k_go_through_every_list(pairs: House, visits: Visits, path: str) -> None:
    page = await visits.open(pairs.url + path)
    items = page.locator("#main [data-step]")
    await expect(items.nth(1)).to_be_visible()
    if path.startswith("/#/search"):
        await page.keyboard.press("Escape")  # out of the box
    for key, place in (("j", 0), ("j", 1), ("ArrowUp", 0), ("ArrowDown", 1), ("k", 0)):
        await page.keyboard.press(key)
        here = items.nth(place).locator("a:focus, button:focus")
        await expect(here).to_have_count(1)
    assert await here.evaluate(SEEN)


async def test_arrows_lead_from_the_box_through_what_is_found_and_back(
    pairs: House, visits: Visits
) -> None:
    page = await visits.open(pairs.url + search("dirigible"))
    await expect(page.locator(".hit").nth(1)).to_be_visible()
    box = page.get_by_role("searchbox", name="Look for")
    await box.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        await page.keyboard.press(key)
    await expect(page.locator(".hit-link").first).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(box).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("?")  # typed, not obeyed
    await expect(box).to_have_value("dirigible?")


async def test_arrows_scroll_what_has_lines_of_its_own(pairs: House, visits: Visits) -> None:
    page = await visits.open(f"{pairs.url}/#/dead-letters")
    happened = page.locator(".letter summary").first
    await happened.focus()
    await page.keyboard.press("ArrowDown")
    await expect(happened).to_be_focused()
    await page.keyboard.press("j")
    await expect(happened).not_to_be_focused()


async def test_a_slash_leads_to_the_only_box_there_is_on_a_telephone(
    pairs: House, visits: Visits
) -> None:
    size = {"width": 390, "height": 800}
    page = await visits.open(pairs.url + search("dirigible"), viewport=size)
    await expect(page.locator(".hit").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox", name="Look for")).to_be_focused()


@pytest.mark.parametrize("path", ["/", watch("keyed")])
async def test_a_question_mark_tells_the_keys_of_that_page(
    house: House, visits: Visits, clip: bytes, path: str
) -> None:
    await house.spool.completed(await house.spool.take_in(clip, asset_id="keyed"))
    page = await visits.open(house.url + path)
    await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    await expect(page.get_by_role("button").first).to_be_visible()
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    await expect(keys).to_contain_text("Search", ignore_case=True)
    plays = keys.get_by_text("play, pause")
    await expect(plays).to_have_count(1 if path.startswith("/watch/") else 0)
    await page.keyboard.press("Escape")
    await expect(keys).to_have_count(0)
