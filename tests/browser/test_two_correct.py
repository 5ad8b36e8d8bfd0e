"""Two people correct one transcript: neither loses a word without having read it."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.houses import House
from tests.browser.talks import begin_to_correct, opened_talk, passage, save
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = ["It is said first.", "It is said next.", "It is said last."]


async def changed(house: House, name: str, **changes: Any) -> None:
    """By the other one."""
    answer = await house.spool.http.patch(f"/api/v1/assets/{name}", json=changes)
    assert answer.status_code == 200, answer.text


async def kept(house: House, page: Page) -> list[str]:
    """The words of all passages, as the service has them."""
    job_id = await page.locator("main").get_attribute("data-job")
    result = (await house.spool.http.get(f"/api/v1/jobs/{job_id}/result")).json()
    return [segment["text"] for segment in result["segments"]]


async def test_what_another_has_corrected_is_read_before_it_is_replaced(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "both", SAID)
    await begin_to_correct(page, 1, "Mine.")
    await changed(house, "both", segments=[{"id": 1, "text": "Theirs."}], title="Their title")
    await save(page)
    await expect(passage(page, 1)).to_contain_text("Not saved: by now it says “Theirs.”")
    assert await kept(house, page) == [SAID[0], "Theirs.", SAID[2]]
    await expect(page.get_by_role("heading", name="Their title")).to_be_visible()
    await save(page)
    await expect(page.get_by_role("textbox", name="Passage at")).to_have_count(0)
    await expect(passage(page, 1)).to_contain_text("Mine.")
    assert await kept(house, page) == [SAID[0], "Mine.", SAID[2]]


async def test_whoever_leaves_it_as_it_was_has_what_the_other_wrote(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "left", SAID)
    await begin_to_correct(page, 1, "Mine.")
    await changed(house, "left", segments=[{"id": 1, "text": "Theirs."}])
    await save(page)
    await expect(passage(page, 1)).to_contain_text("by now it says")
    await page.get_by_role("button", name="Leave as it was").click()
    await expect(passage(page, 1).locator("span").first).to_have_text("Theirs.")
    assert await kept(house, page) == [SAID[0], "Theirs.", SAID[2]]


async def test_what_another_has_changed_elsewhere_is_shown_and_costs_nothing(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "elsewhere", SAID)
    await begin_to_correct(page, 0, "Mine.")
    theirs = [{"id": 2, "text": "Theirs."}]
    await changed(house, "elsewhere", segments=theirs, speakers={"S1": "Ada"})
    await save(page)
    await expect(page.locator("#notices")).to_contain_text("Somebody else has changed this")
    await expect(passage(page, 2)).to_contain_text("Theirs.")
    await expect(page.locator("#transcript p > b").first).to_have_text("Ada:")
    await expect(page.get_by_role("textbox", name="Passage at")).to_have_count(0)  # it is saved
    await expect(passage(page, 0)).to_contain_text("Mine.")
    assert await kept(house, page) == ["Mine.", SAID[1], "Theirs."]


async def test_details_that_one_has_not_touched_stay_as_the_other_has_them(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "details", SAID)
    await page.get_by_role("button", name="Edit details").click()
    details = page.get_by_role("dialog", name="Details")
    await details.get_by_label("Title").fill("My title")
    await changed(house, "details", labels=["theirs"])
    await details.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="My title")).to_be_visible()
    await expect(page.get_by_role("list", name="Labels")).to_have_text("theirs")
    asset = (await house.spool.http.get("/api/v1/assets/details")).json()
    assert (asset["title"], asset["labels"]) == ("My title", ["theirs"])


async def test_what_was_taken_in_anew_is_not_corrected_by_old_numbers(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "anew", SAID)
    await begin_to_correct(page, 1, "Mine.")
    again = await house.spool.take_in(clip, asset_id="anew", prompt="Another talk.")
    await house.spool.completed(again)
    await save(page)
    await expect(passage(page, 1)).to_contain_text("Not saved: It was taken in anew")
    result = (await house.spool.http.get(f"/api/v1/jobs/{again}/result")).json()
    assert [segment["text"] for segment in result["segments"]] == ["Another talk."]


async def test_one_page_corrects_again_and_again_without_a_word_of_others(
    house: House, visits: Visits, clip: bytes
) -> None:
    page = await opened_talk(house, visits, clip, "alone", SAID)
    for number, words in enumerate(["First.", "Next."]):
        await begin_to_correct(page, number, words)
        await save(page)
        await expect(page.get_by_role("textbox", name="Passage at")).to_have_count(0)
    assert await kept(house, page) == ["First.", "Next.", SAID[2]]
    await expect(page.locator("#notices")).to_have_text("")
