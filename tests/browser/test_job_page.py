"""A job on the page, while it runs and when it has ended."""

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.echo import FAILS
from tests.browser.houses import House
from tests.browser.places import job
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "Something is said at last."
LOADING = {"speech_detection": "loading"}
AWAITS = """async ([ready, job]) => {
  const { learn, awaits } = await import("/page/loading.js");
  learn({ ready });
  return awaits(job);
}"""


def listed(page: Page, title: str) -> Locator:
    """The row of that job."""
    jobs = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    return jobs.filter(has=page.get_by_role("link", name=title, exact=True)).first


async def test_a_job_is_followed_until_its_transcript_can_be_read(
    house: House, visits: Visits, clip: bytes
) -> None:
    """Nobody loads the page anew."""
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, title="Followed", prompt=SAID)
    page = await visits.open(house.url + job(job_id))
    main = page.get_by_role("main")
    await expect(main.get_by_role("heading", name="Followed")).to_be_visible()
    await expect(main.get_by_role("region", name="Progress")).to_contain_text("Transcri")
    await visits.shoot(page, "job-running")
    house.engine.hold.set()
    await page.wait_for_url("**/watch/**")
    await expect(page.locator("#transcript")).to_contain_text(SAID)


async def test_the_list_of_jobs_follows_them_all(house: House, visits: Visits, clip: bytes) -> None:
    house.engine.hold.clear()
    page = await visits.open(house.url)
    job_id = await house.spool.take_in(clip, title="Listed", prompt=SAID)
    row = listed(page, "Listed")
    await expect(row).to_contain_text("Transcribing")
    await expect(row.get_by_role("progressbar")).to_be_visible()
    house.engine.hold.set()
    await house.spool.completed(job_id)
    await expect(row).to_contain_text("Completed")


async def test_a_job_that_waits_for_what_is_being_loaded_says_so(
    house: House, visits: Visits, clip: bytes
) -> None:
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, title="Awaiting", prompt=SAID)

    async def loading(route: Route) -> None:
        told = await route.fetch()
        found = await told.json()
        await route.fulfill(response=told, json=found | {"ready": found["ready"] | LOADING})

    page = await visits.blank(house.url)
    await page.route("**/health", loading)
    await page.goto(house.url)
    await expect(listed(page, "Awaiting")).to_contain_text("waits: speech detection is being")
    await expect(page.get_by_text("Speech detection is being loaded: jobs go on")).to_be_visible()
    await page.goto(house.url + job(job_id))
    progress = page.get_by_role("region", name="Progress")
    await expect(progress).to_contain_text("waits: speech detection is being loaded")
    await page.unroute_all(behavior="ignoreErrors")
    house.engine.hold.set()
    await page.wait_for_url("**/watch/**")


async def test_a_job_at_its_last_step_waits_for_the_search_model(
    house: House, visits: Visits
) -> None:
    page = await visits.open(house.url)
    last = {"status": "Embedding", "options": {}}
    for state, words in (("loading", "waits: the search model is being loaded"), ("ready", None)):
        ready = {"engine": "ready", "embeddings": state, "index": "ready"}
        assert await page.evaluate(AWAITS, [ready, last]) == words


async def test_a_job_is_cancelled_and_tried_again(
    house: House, visits: Visits, clip: bytes
) -> None:
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, title="Stopped", prompt=SAID)
    page = await visits.open(house.url + job(job_id))
    main = page.get_by_role("main")
    await main.get_by_role("button", name="Cancel Stopped").click()
    await expect(main).to_contain_text("Cancelled")
    house.engine.hold.set()
    await main.get_by_role("button", name="Retry Stopped").click()
    await page.wait_for_url("**/watch/**")
    assert (await house.spool.job(job_id))["status"] == "Completed"


async def test_a_medium_that_cannot_be_read_is_not_offered_another_try(
    house: House, visits: Visits
) -> None:
    job_id = await house.spool.take_in(bytes(range(256)) * 4, "noise.mp3", title="Broken")
    await house.spool.ended(job_id)
    page = await visits.open(house.url + job(job_id))
    wrong = page.get_by_role("group", name="What went wrong")
    await expect(wrong).to_contain_text("another try would end the same way")
    await expect(page.get_by_role("button", name="Delete Broken")).to_be_visible()
    await expect(page.get_by_role("button", name="Retry Broken")).to_have_count(0)


async def test_a_try_that_failed_again_is_not_called_on_its_way(
    house: House, visits: Visits, clip: bytes
) -> None:
    job_id = await house.spool.take_in(clip, title="Vain", prompt=f"{FAILS}in vain")
    await house.spool.ended(job_id)
    house.engine.hold.clear()
    page = await visits.open(house.url)
    await listed(page, "Vain").get_by_role("button", name="Retry Vain").click()
    said = page.locator("#notices").get_by_text("Vain is on its way again")
    await expect(said).to_be_visible()
    house.engine.hold.set()
    await expect(listed(page, "Vain")).to_contain_text("Failed")
    assert await said.count() == 0


async def test_the_focus_stays_where_it_was_when_the_job_changes(
    house: House, visits: Visits, clip: bytes
) -> None:
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, title="Watched", prompt=f"{FAILS}in vain")
    page = await visits.open(house.url + job(job_id))
    main = page.get_by_role("main")
    back = main.get_by_role("link", name="Jobs", exact=True)
    await back.focus()
    house.engine.hold.set()
    await expect(main.get_by_role("group", name="What went wrong")).to_be_visible()
    await expect(back).to_be_focused()
    house.engine.hold.clear()
    # a button that goes leaves the focus at the head
    await main.get_by_role("button", name="Retry Watched").press("Enter")
    await expect(main.get_by_role("button", name="Retry Watched")).to_have_count(0)
    await expect(main.get_by_role("heading", name="Watched")).to_be_focused()
    house.engine.hold.set()
    await house.spool.ended(job_id)


async def test_a_job_that_there_is_not_says_so(house: House, visits: Visits) -> None:
    visits.provokes("status of 404")
    page = await visits.open(f"{house.url}/#/jobs/nobody")
    await expect(page.get_by_role("heading", name="There is no such job")).to_be_visible()


async def test_a_transcript_is_saved_as_subtitles(
    house: House, visits: Visits, clip: bytes
) -> None:
    job_id = await house.spool.take_in(clip, title="Saved", prompt=SAID)
    await house.spool.completed(job_id)
    page = await visits.open(house.url + job(job_id))
    async with page.expect_download() as saved:
        await page.get_by_role("link", name="Download srt").click()
    assert (await saved.value).suggested_filename == "Saved.srt"
