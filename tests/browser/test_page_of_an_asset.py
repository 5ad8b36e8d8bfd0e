"""The page of an asset tells what it is, where it is, and what has become of it."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests import media
from tests.browser.houses import House
from tests.browser.places import watch
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "What is said of it."
#: Files that are dropped; false when the page takes the drop upon itself.
DROPPED = """() => {
  const given = new DataTransfer();
  given.items.add(new File(["words"], "words.txt"));
  const how = { dataTransfer: given, bubbles: true, cancelable: true };
  return ["dragover", "drop"].some((kind) => document.body.dispatchEvent(new DragEvent(kind, how)));
}"""


async def taken_in(house: House, clip: bytes, name: str) -> None:
    job_id = await house.spool.take_in(clip, "talk.flac", asset_id=name, title=name, prompt=SAID)
    await house.spool.completed(job_id)


async def test_a_file_that_is_dropped_on_it_does_not_take_its_place(
    house: House, visits: Visits, clip: bytes
) -> None:
    await taken_in(house, clip, "dropped-on")
    page = await visits.open(house.url + watch("dropped-on"))
    await expect(page.get_by_role("slider", name="Position")).to_be_visible()
    assert await page.evaluate(DROPPED) is False
    notice = page.locator("#notices")
    await expect(notice).to_contain_text("Files are not added here")
    await notice.get_by_role("link").click()
    await expect(page.locator("main input[type=file]").first).to_be_attached()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # 25 hours apart
async def test_its_day_is_that_of_the_reader(
    house: House, visits: Visits, clip: bytes, zone: str
) -> None:
    name = zone.rpartition("/")[2]
    await taken_in(house, clip, name)
    asset = (await house.spool.http.get(f"/api/v1/assets/{name}")).json()
    day = datetime.fromisoformat(asset["created_at"]).astimezone(ZoneInfo(zone))
    page = await visits.open(house.url + watch(name), timezone_id=zone)
    await expect(page.locator(".about time[datetime]")).to_have_text(f"{day.day} {day:%B %Y}")


async def test_the_place_in_it_is_told_to_those_who_listen(
    house: House, visits: Visits, clip: bytes
) -> None:
    await taken_in(house, clip, "told")
    page = await visits.open(house.url + watch("told"))
    slider = page.get_by_role("slider", name="Position")
    await expect(slider).to_have_attribute("aria-valuetext", "0:00 of 0:11")
    await expect(slider).to_have_attribute("aria-valuemax", "11")
    await slider.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuenow", "5")
    await expect(slider).to_have_attribute("aria-valuetext", "0:05 of 0:11")


async def test_its_keys_are_listed_by_a_button(house: House, visits: Visits, clip: bytes) -> None:
    await taken_in(house, clip, "listed")
    page = await visits.open(house.url + watch("listed"))
    await page.get_by_role("button", name="Keys", exact=True).click()
    keys = page.get_by_role("dialog", name="Keys")
    await expect(keys).to_contain_text("Play, pause")
    await page.keyboard.press("k")  # the dialog's, and nobody else's
    await page.keyboard.press("Escape")
    await expect(keys).to_have_count(0)
    assert await page.evaluate("document.querySelector('audio').paused")


async def test_a_recording_whose_file_is_gone_is_told_and_no_more_offered(
    house: House, visits: Visits, clip: bytes
) -> None:
    visits.provokes("status of 404")
    path = house.spool.root / "moved.flac"
    path.write_bytes(clip)
    given = {"path": str(path), "asset_id": "moved", "prompt": SAID}
    answer = await house.spool.http.post("/api/v1/ingest", json=given)
    await house.spool.completed(answer.json()["job_id"])
    path.unlink()
    page = await visits.open(house.url + watch("moved"))
    player = page.get_by_role("region", name="Player")
    await expect(player).to_contain_text("Its file cannot be had any more")
    await expect(player).to_contain_text("Its words are here.")
    downloads = page.locator(".downloads")
    await expect(downloads.get_by_text("SRT")).to_have_count(1)
    await expect(downloads.get_by_text("Original")).to_have_count(0)


async def test_of_a_video_without_sound_it_says_so(
    house: House, visits: Visits, tmp_path: Path
) -> None:
    film = media.make_video(tmp_path / "silent.mp4", None, 3.0).read_bytes()
    job_id = await house.spool.take_in(film, "silent.mp4", asset_id="silent")
    await house.spool.completed(job_id)
    page = await visits.open(house.url + watch("silent"))
    await expect(page.get_by_role("main")).to_contain_text("It has no sound")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Delete")).to_be_visible()


async def test_what_is_on_its_way_tells_how_far_it_is_and_opens_by_itself(
    house: House, visits: Visits, clip: bytes
) -> None:
    visits.provokes("status of 409")
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, asset_id="coming", prompt=SAID)
    page = await visits.open(house.url + watch("coming"))
    await expect(page.get_by_role("main")).to_contain_text("Transcribing, ")
    house.engine.hold.set()
    await house.spool.completed(job_id)
    await expect(page.locator("#transcript")).to_contain_text(SAID)


async def test_what_is_on_its_way_and_may_not_be_asked_for_any_more_says_so(
    house: House, visits: Visits, clip: bytes
) -> None:
    visits.provokes("status of 40[39]")
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, asset_id="unasked", prompt=SAID)
    page = await visits.open(house.url + watch("unasked"))
    main = page.get_by_role("main")
    await expect(main).to_contain_text("Transcribing, ")
    told = {"code": "auth.forbidden", "message": "Not with this key", "hint": "take another"}
    refused = {"status": 403, "json": {"error": told}}
    await page.route("**/api/v1/jobs/*", lambda route: route.fulfill(**refused))
    await expect(main.locator("h1 + p")).to_have_text("Not with this key (take another)")
    house.engine.hold.set()
    await house.spool.completed(job_id)


async def test_what_is_being_taken_in_anew_says_that_this_is_of_before(
    house: House, visits: Visits, clip: bytes
) -> None:
    await taken_in(house, clip, "renewed")
    house.engine.hold.clear()
    job_id = await house.spool.take_in(clip, asset_id="renewed", prompt="Said anew.")
    page = await visits.open(house.url + watch("renewed"))
    await expect(page.locator("#transcript")).to_contain_text(SAID)
    await expect(page.get_by_role("main")).to_contain_text("what stands here may change")
    assert await page.get_by_role("link", name="See the job").get_attribute("href") == (
        f"/#/jobs/{job_id}"
    )
    house.engine.hold.set()
    await house.spool.completed(job_id)
