"""A job that used up its retries, seen through to its end on the page."""

import pytest
from playwright.async_api import Route, expect

from tests.browser.echo import FAILS
from tests.browser.houses import House
from tests.browser.places import job
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHY = "the ear fell off"


async def failed(house: House, clip: bytes, title: str) -> str:
    """The id of a job that became a dead letter."""
    job_id = await house.spool.take_in(clip, prompt=f"{FAILS}{WHY}", title=title)
    assert (await house.spool.ended(job_id))["dead_letter"] is True
    return job_id


async def test_a_dead_letter_shows_what_happened_and_completes_once_it_is_replayed(
    house: House, visits: Visits, clip: bytes
) -> None:
    job_id = await failed(house, clip, "A talk about ears")
    page = await visits.open(f"{house.url}/#/dead-letters")
    letter = page.get_by_role("listitem").filter(has_text="A talk about ears").first
    await expect(letter).to_contain_text(WHY)
    await letter.get_by_text("What happened").click()
    attempts = letter.get_by_role("list", name="Attempts").get_by_role("listitem")
    await expect(attempts).to_have_count(1)
    await expect(attempts).to_contain_text("engine.failed")
    house.engine.mended = True
    await letter.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("No dead letters: nothing waits")).to_be_visible()
    await house.spool.completed(job_id)
    await page.goto(job(job_id))
    await expect(page.locator("main")).to_contain_text("Completed", ignore_case=True)


async def test_the_top_of_every_page_tells_how_many_dead_letters_wait(
    house: House, visits: Visits, clip: bytes
) -> None:
    await failed(house, clip, "Counted")
    waiting = (await house.spool.http.get("/health")).json()["dead_letters"]
    page = await visits.open(house.url)
    link = page.get_by_role("navigation", name="Views").get_by_role("link", name="Dead letters")
    await expect(link).to_have_text(f"Dead letters {waiting}")
    page = await visits.open(f"{house.url}/#/library")  # which is not told of them by the way
    link = page.get_by_role("navigation", name="Views").get_by_role("link", name="Dead letters")
    await expect(link).to_have_text(f"Dead letters {waiting}")
    await link.click()
    await page.get_by_role("button", name="Delete Counted").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(link).to_have_text(f"Dead letters {waiting - 1}")


async def test_all_dead_letters_are_replayed_at_once(
    house: House, visits: Visits, clip: bytes
) -> None:
    jobs = [await failed(house, clip, f"Talk {number}") for number in range(3)]
    page = await visits.open(f"{house.url}/#/dead-letters")
    await expect(page.get_by_role("button", name="Replay Talk")).to_have_count(3)
    house.engine.mended = True
    await page.get_by_role("button", name="Replay all").click()
    await expect(page.get_by_text("No dead letters")).to_be_visible()
    for job_id in jobs:
        await house.spool.completed(job_id)


async def test_a_dead_letter_is_deleted_only_once_somebody_is_sure(
    house: House, visits: Visits, clip: bytes
) -> None:
    job_id = await failed(house, clip, "Away with it")
    page = await visits.open(f"{house.url}/#/dead-letters")
    delete = page.get_by_role("button", name="Delete Away with it")
    await delete.click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert (await house.spool.job(job_id))["status"] == "Failed"
    await delete.click()
    certain = page.get_by_role("dialog").get_by_role("button", name="Delete")
    await expect(certain).to_have_class("danger")
    await certain.click()
    await expect(delete).to_have_count(0)
    answer = await house.spool.http.get(f"/api/v1/jobs/{job_id}")
    assert answer.status_code == 404


async def test_more_dead_letters_take_the_focus_and_the_button_goes_with_the_last(
    house: House, visits: Visits, clip: bytes
) -> None:
    for number in range(3):
        await failed(house, clip, f"Page {number}")

    async def one_by_one(route: Route) -> None:
        await route.continue_(url=f"{route.request.url}{separator(route)}limit=1")

    def separator(route: Route) -> str:
        return "&" if "?" in route.request.url else "?"

    page = await visits.blank(house.url)
    await page.route(lambda address: address.split("?")[0].endswith("/dead-letters"), one_by_one)
    await page.goto(f"{house.url}/#/dead-letters")
    more = page.get_by_role("button", name="More", exact=True)
    await more.press("Enter")
    await expect(
        page.locator(".letter").nth(1).get_by_role("heading").get_by_role("link")
    ).to_be_focused()
    await expect(more).to_be_enabled()
    house.engine.mended = True
    await page.get_by_role("button", name="Replay all").click()
    await expect(page.get_by_text("No dead letters")).to_be_visible()
    await expect(more).to_have_count(0)
