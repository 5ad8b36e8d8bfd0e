"""Correcting a passage: where the focus is afterwards, and what is said of it."""

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.houses import House
from tests.browser.talks import begin_to_correct, opened_talk, passage, save
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = ["It is said first.", "It is said next.", "It is said last."]
SHUT = {"error": {"code": "auth.forbidden", "message": "Not with this key", "hint": None}}

#: What the mark of the word that is being said covers.
MARKED = """() => [...CSS.highlights.get("word") ?? []].map(
  ({ startContainer: { data }, startOffset, endOffset }) => data.slice(startOffset, endOffset))"""


async def not_found_yet(page: Page, name: str) -> dict[str, Any]:
    """The service says that what is corrected is not found, until other `answers` are given."""
    answers: dict[str, Any] = {"indexed": False}

    async def answer(route: Route) -> None:
        if "status" in answers:
            await route.fulfill(status=answers["status"], json=SHUT)
            return
        told = await route.fetch()
        await route.fulfill(response=told, json=await told.json() | answers)

    await page.route(f"**/api/v1/assets/{name}", answer)
    return answers


@pytest.mark.parametrize("end", ["Save", "Enter", "Escape"])
async def test_the_focus_stays_in_a_passage_that_was_corrected(
    house: House, visits: Visits, clip: bytes, end: str
) -> None:
    name = f"focus-{end.lower()}"
    page = await opened_talk(house, visits, clip, name, SAID)
    await begin_to_correct(page, 1, "Mine.")
    if end == "Save":
        await save(page)
    else:
        await page.keyboard.press(end)
    await expect(passage(page, 1).get_by_role("link")).to_be_focused()
    await expect(passage(page, 1)).to_contain_text(SAID[1] if end == "Escape" else "Mine.")


async def test_words_are_marked_as_they_are_said_after_a_correction_too(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "marked", SAID)
    await page.wait_for_function("() => document.querySelector('audio').readyState > 0")
    await begin_to_correct(page, 1, "That is said next, too.")
    await save(page)
    await expect(passage(page, 1)).to_contain_text("Saved")
    await passage(page, 1).get_by_role("link").click()
    await page.wait_for_function(f"(said) => ({MARKED})().join() === said", arg="That")


async def test_the_pencil_stays_where_somebody_points_whatever_is_said(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "pointed", SAID)
    await page.wait_for_function("() => document.querySelector('audio').readyState > 0")
    await passage(page, 0).hover()
    pencil = passage(page, 0).get_by_role("button", name="Correct this passage")
    await expect(pencil).to_be_visible()
    for number in (0, 1):  # it begins with a pause
        await page.keyboard.press(".")
        await expect(passage(page, number)).to_have_attribute("aria-current", "true")
    await expect(pencil).to_be_visible()


async def test_all_corrections_are_waited_for_until_they_are_found(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "waited", SAID)
    answers = await not_found_yet(page, "waited")
    for number in (0, 1):
        await begin_to_correct(page, number, f"Mine {number}.")
        await save(page)
        await expect(passage(page, number)).to_contain_text("Saved, not yet found as corrected")
    answers["indexed"] = True
    for number in (0, 1):
        await expect(passage(page, number)).to_contain_text("Saved, and found as corrected")


async def test_nobody_waits_for_what_a_key_may_not_ask_any_more(
    house: House, visits: Visits, clip: bytes
) -> None:
    visits.provokes("status of 403")
    page = await opened_talk(house, visits, clip, "shut", SAID)
    answers = await not_found_yet(page, "shut")
    await begin_to_correct(page, 1, "Mine.")
    await save(page)
    await expect(passage(page, 1)).to_contain_text("Saved, not yet found as corrected")
    answers["status"] = 403
    later = "Saved, found as corrected later"
    await expect(passage(page, 1)).to_contain_text(later, timeout=30_000)


async def test_the_key_that_corrects_stands_before_what_is_no_key(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "keyed", SAID)
    await expect(page.get_by_role("button", name="Edit details")).to_be_visible()
    await page.keyboard.press("?")
    names = await page.get_by_role("dialog", name="Keys").locator("dt").all_text_contents()
    assert names.index("e") + 1 == names.index("Click")


async def test_the_focus_stays_on_a_speaker_who_is_named(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "named", SAID)
    await page.get_by_role("button", name="Rename S1").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("Ada")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Rename Ada")).to_be_focused()
    await expect(page.locator("#transcript p > b").first).to_have_text("Ada:")


async def test_the_focus_stays_in_the_list_of_links_when_one_is_revoked(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "linked", SAID)
    await page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share")
    week = str(7 * 24 * 60 * 60)
    await expect(dialog.get_by_label("Open for")).to_have_value(week)  # as the API has it
    make = dialog.get_by_role("button", name="Make a link")
    revoke = dialog.get_by_role("button", name="Revoke")
    for count in (1, 2):
        await make.click()
        await expect(revoke).to_have_count(count)
    await revoke.last.click()
    await expect(revoke).to_have_count(1)
    await expect(revoke).to_be_focused()
    await revoke.click()
    await expect(make).to_be_focused()
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_have_count(0)
