"""The list of jobs on the page: long ones, refusals, and what it asks while something runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.echo import FAILS
from tests.browser.houses import House, opened_house
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 60  # more than a page of the API, and far more than a screen
A_MINUTE = 90  # requests: the page itself takes some forty
#: Scrolls to the end, again and again, until all of them are there.
ALL_DRAWN = """(wanted) => {
  scrollTo(0, document.body.scrollHeight);
  return document.querySelectorAll(".queue > li").length === wanted;
}"""
#: What happens to rows from now on, but for the words that tell their age.
WATCHED = """() => {
  window.touched = [];
  const isAge = (node) => (node.closest ? node : node.parentElement).closest("p.number") !== null;
  const all = { subtree: true, childList: true, attributes: true };
  new MutationObserver((some) => touched.push(...some.filter((each) => !isAge(each.target))))
    .observe(document.querySelector(".queue"), all);
}"""
NOTICED = """async (lines) => {
  const { notice } = await import("/page/dom.js");
  for (const line of lines) notice(line, { bad: true });
}"""
#: How many buttons of rows lie under notices.
COVERED = """() => {
  const all = (which) => [...document.querySelectorAll(which)];
  const rects = (which) => all(which).map((one) => one.getBoundingClientRect());
  const notices = rects(".notice");
  const across = (one, other) => one.left < other.right && other.left < one.right;
  const beside = (one, other) => one.top >= other.bottom || other.top >= one.bottom;
  const under = (one) => notices.some((other) => across(one, other) && !beside(one, other));
  return rects(".queue .deeds > *").filter((one) => one.width && under(one)).length;
}"""
LOOK = "() => void dispatchEvent(new Event('job'))"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[House]:
    """With so many jobs; the newest has the highest number."""
    async with opened_house(tmp_path_factory.mktemp("crowded"), model_folder) as house:
        for number in range(MANY):
            text = f"Note number {number}.".encode()
            await house.spool.completed(await house.spool.take_in(text, f"note {number}.md"))
        yield house


def jobs(page: Page) -> Locator:
    return page.get_by_role("region", name="Jobs")


async def test_a_long_list_is_drawn_as_far_as_it_is_looked_at(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(crowded.url)
    newest = jobs(page).get_by_role("link", name=f"note {MANY - 1}.md", exact=True)
    await expect(newest).to_be_visible()
    assert await jobs(page).get_by_role("listitem").count() < MANY
    await page.wait_for_function(ALL_DRAWN, arg=MANY)
    await expect(jobs(page).get_by_role("link", name="note 0.md", exact=True)).to_be_visible()
    await expect(jobs(page).get_by_role("button", name="More")).to_be_hidden()


async def test_three_notices_stand_at_a_time_and_each_can_be_sent_away(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(crowded.url)
    await page.evaluate(NOTICED, [f"Line {number}" for number in range(5)])
    lines = page.locator("#notices .notice")
    await expect(lines).to_have_count(3)
    await expect(lines).to_contain_text(["Line 2", "Line 3", "Line 4"])
    await lines.filter(has_text="Line 3").get_by_role("button", name="Dismiss").click()
    await expect(lines).to_have_count(2)
    await expect(lines).to_contain_text(["Line 2", "Line 4"])


@pytest.mark.parametrize("width", [960, 1280, 1920])
async def test_no_notice_stands_over_the_buttons_of_a_row(
    crowded: House, visits: Visits, width: int
) -> None:
    page = await visits.open(crowded.url, viewport={"width": width, "height": 800})
    await expect(jobs(page).get_by_role("listitem").first).to_be_visible()
    await page.evaluate(NOTICED, ["Something long is said of what happened just now. " * 3] * 3)
    await expect(page.locator("#notices .notice")).to_have_count(3)
    await page.evaluate("document.querySelectorAll('.queue > li')[9].scrollIntoView(false)")
    assert await page.evaluate(COVERED) == 0


async def test_no_chip_is_hidden_on_a_telephone(crowded: House, visits: Visits) -> None:
    page = await visits.open(crowded.url, viewport={"width": 390, "height": 800})
    await expect(jobs(page).get_by_role("listitem").first).to_be_visible()
    chips = page.get_by_role("group", name="Which jobs")
    for name in ("Failed", "Cancelled"):
        box = await chips.get_by_role("button", name=name).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390


async def test_a_look_at_jobs_that_are_as_they_were_touches_no_row(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(crowded.url)
    await expect(jobs(page).get_by_role("listitem").first).to_be_visible()
    await page.evaluate(WATCHED)
    async with page.expect_response(lambda answer: "/api/v1/jobs?" in answer.url) as listed:
        await page.evaluate(LOOK)
    await (await listed.value).finished()
    async with page.expect_response(lambda answer: answer.url.endswith("/health")):
        await page.evaluate(LOOK)  # what the first look brought is drawn by now
    assert await page.evaluate("touched.length") == 0


async def test_options_are_made_once_somebody_opens_them_and_count_before_that(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(crowded.url)
    await expect(jobs(page).get_by_role("listitem").first).to_be_visible()
    assert not [asked for asked in visits.asked if asked.endswith(("options.js", "/engines"))]
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_label("Topics and chapters").check()
    usual = page.get_by_label("Model").locator("option", has_text="As set: base")
    await expect(usual).to_have_count(1)
    await page.reload()
    files = page.locator("main input[type=file]").first
    note: Any = {"name": "wished.md", "mimeType": "text/markdown", "buffer": b"# Kept"}
    await files.set_input_files(note)
    await expect(jobs(page).get_by_role("link", name="Kept", exact=True)).to_be_visible()
    [job] = (await crowded.spool.http.get("/api/v1/jobs?limit=1")).json()["jobs"]
    assert (job["title"], job["options"]["topics"]) == ("wished.md", True)


async def test_a_file_that_is_in_the_library_is_said_to_be_and_taken_in_all_the_same(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(crowded.url)
    again: Any = {"name": "again.md", "mimeType": "text/markdown", "buffer": b"Note number 3."}
    await page.locator("main input[type=file]").first.set_input_files(again)
    said = page.locator("#notices").get_by_text("again.md is in the library already")
    await expect(said.get_by_role("link", name="note 3.md")).to_be_visible()
    await expect(jobs(page).get_by_role("link", name="again.md", exact=True)).to_be_visible()


async def test_models_are_offered_of_the_chosen_engine_alone(
    crowded: House, visits: Visits
) -> None:
    async def two(route: Route) -> None:
        told = await route.fetch()
        engines = [
            {"provider": "faster_whisper", "model": "base", "models": ["base", "small"]},
            {"provider": "whisper_cpp", "model": "base", "models": ["base", "base-q5_1"]},
        ]
        default = {"provider": "faster_whisper", "model": "base"}
        document = await told.json() | {"default": default, "providers": engines}
        await route.fulfill(response=told, json=document)

    page = await visits.blank(crowded.url)
    await page.route("**/api/v1/engines", two)
    await page.goto(crowded.url)
    await page.get_by_text("Options", exact=True).click()
    options = page.get_by_label("Model").locator("option")
    await expect(options).to_have_text(["As set: base (faster_whisper)", "base", "small"])
    await page.get_by_label("Engine").select_option("whisper_cpp")
    await expect(options).to_have_text(["base", "base-q5_1"])
    await page.reload()
    await page.get_by_text("Options", exact=True).click()
    await expect(page.get_by_label("Engine")).to_have_value("whisper_cpp")
    await expect(options).to_have_text(["base", "base-q5_1"])


async def test_a_file_that_is_too_large_is_refused_in_sizes_that_people_read(
    crowded: House, visits: Visits
) -> None:
    visits.provokes("status of 413")
    page = await visits.open(crowded.url)
    film: Any = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": bytes(3 * 1024 * 1024)}
    await page.locator("main input[type=file]").first.set_input_files(film)
    uploads = page.get_by_role("region", name="Uploads")
    await expect(uploads).to_contain_text("3.0 MiB, 2.0 MiB are allowed")


async def test_what_is_refused_is_told_in_the_services_words(
    crowded: House, visits: Visits
) -> None:
    visits.provokes("status of 422")
    page = await visits.blank(crowded.url)

    async def wrongly(route: Route) -> None:
        await route.continue_(url=f"{route.request.url}&status=nonsense")

    await page.route("**/api/v1/jobs?*", wrongly)
    await page.goto(crowded.url)
    told = jobs(page).get_by_role("status").first
    await expect(told).to_contain_text("status: ")
    # what time does not mend is not asked for by itself
    await expect(told).not_to_contain_text("asking again")
    await expect(page.get_by_text("does not answer")).to_have_count(0)


async def test_an_address_with_a_status_that_there_is_not_shows_all_jobs(
    crowded: House, visits: Visits
) -> None:
    page = await visits.open(f"{crowded.url}/#/?status=nonsense")
    await expect(jobs(page).get_by_role("listitem").first).to_be_visible()
    everything = jobs(page).get_by_role("button", name="All")
    await expect(everything).to_have_attribute("aria-pressed", "true")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hurried(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[House]:
    """It takes so many requests a minute, and no more."""
    folder = tmp_path_factory.mktemp("hurried")
    async with opened_house(folder, model_folder, server={"rate_limit": A_MINUTE}) as house:
        yield house


async def test_too_many_requests_are_told_as_that_and_the_page_goes_on_later(
    hurried: House, visits: Visits
) -> None:
    visits.provokes("status of 429")
    page = await visits.open(hurried.url)
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    told = jobs(page).get_by_text(f"more than {A_MINUTE} requests a minute")
    await page.evaluate(LOOK)
    async with asyncio.timeout(60):
        while not await told.is_visible():  # the page looks in its own time
            await hurried.spool.http.get("/health")
    await expect(told).to_contain_text("asking again in about")
    await expect(told).to_have_count(0)
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()


async def test_while_a_job_runs_its_stream_tells_of_it(
    house: House, visits: Visits, clip: bytes
) -> None:
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, title="Streamed", prompt="Said.")
    page = await visits.blank(house.url)
    async with page.expect_request(lambda asked: asked.url.endswith(f"{job_id}/events")) as asked:
        await page.goto(house.url)
    # none of what is said in it: that may be long
    assert (await asked.value).headers["last-event-id"]
    row = jobs(page).get_by_role("listitem").filter(has_text="Streamed")
    await expect(row).to_contain_text("Transcribing")
    house.engine.hold.set()
    await expect(row).to_contain_text("Completed")


async def test_the_focus_stays_in_a_row_whose_buttons_change(
    house: House, visits: Visits, clip: bytes
) -> None:
    house.engine.hold.clear()
    await house.spool.take_in(clip, title="Held", prompt=f"{FAILS}in vain")
    page = await visits.open(house.url)
    row = jobs(page).get_by_role("listitem").filter(has_text="Held")
    await row.get_by_role("button", name="Cancel Held").focus()
    house.engine.hold.set()
    await expect(row).to_contain_text("Failed")
    await expect(row.get_by_role("button", name="Retry Held")).to_be_focused()


async def test_the_focus_goes_on_when_its_row_goes(crowded: House, visits: Visits) -> None:
    page = await visits.open(crowded.url)
    rows = jobs(page).get_by_role("listitem")
    await expect(rows.nth(2)).to_be_visible()
    heir = await rows.nth(2).get_by_role("link").first.inner_text()
    going = await rows.nth(1).get_attribute("data-job")
    await rows.nth(1).get_by_role("button", name="Delete").press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(page.locator(f'[data-job="{going}"]')).to_have_count(0)
    await expect(jobs(page).get_by_role("link", name=heir, exact=True)).to_be_focused()
