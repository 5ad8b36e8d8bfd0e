"""From a file to a moment that is found in it: with real speech, and a real engine."""

import base64

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.visits import Visits
from tests.e2e.conftest import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: The middle of a word in a passage, where it is on the screen: {x, y}.
PLACE_OF = """(passage, word) => {
  const letters = passage.querySelector("span").firstChild;
  const range = document.createRange();
  const place = letters.data.indexOf(word);
  range.setStart(letters, place);
  range.setEnd(letters, place + word.length);
  const { left, top, width, height } = range.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}"""
#: A file, dropped where the page is.
DROP = """({ name, bytes }) => {
  const given = new DataTransfer();
  given.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
  const how = { dataTransfer: given, bubbles: true, cancelable: true };
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.querySelector("main").dispatchEvent(new DragEvent(kind, how));
  }
}"""


def home(service: Server) -> str:
    return f"http://127.0.0.1:{service.port}/"


def listed(page: Page, title: str) -> Locator:
    """The row of that job."""
    jobs = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    return jobs.filter(has=page.get_by_role("link", name=title)).first


def passage(page: Page, words: str) -> Locator:
    return page.locator("#transcript p[id]").filter(has_text=words).first


async def plays_at(page: Page, seconds: float, give: float = 0.3) -> None:
    """Or within `give` seconds of it."""
    near = "([seconds, give]) => Math.abs(document.querySelector('audio, video').currentTime"
    await page.wait_for_function(f"{near} - seconds) <= give", arg=[seconds, give])


def said_at(service: Server, job_id: str, word: str) -> float:
    """The second in which that word begins, the first time that it is said."""
    segments = service.http.get(f"/api/v1/jobs/{job_id}/result").json()["segments"]
    words = [each for segment in segments for each in segment["words"]]
    return next(float(each["start"]) for each in words if word in each["text"])


async def test_a_recording_is_taken_in_read_corrected_found_and_played(
    service: Server, visits: Visits, clip: bytes
) -> None:
    page = await visits.open(home(service))
    await page.locator("main input[type=file]").first.set_input_files(
        {"name": "inauguration.flac", "mimeType": "audio/flac", "buffer": clip}
    )
    row = listed(page, "inauguration")
    await expect(row).to_contain_text("Completed")
    await row.get_by_role("link", name="inauguration").first.click()
    said = passage(page, "fellow Americans")
    await a_word_is_gone_to(service, page, said)
    await a_passage_is_corrected(page, said, "A zeppelin lands near the harbour.")
    service.until(lambda: bool(service.search("zeppelin", mode="keyword")))
    await the_moment_is_found(page, "zeppelin")


async def a_word_is_gone_to(service: Server, page: Page, said: Locator) -> None:
    await expect(page.locator("#transcript.timed")).to_be_visible()
    job_id = await page.locator("main").get_attribute("data-job")
    assert job_id is not None
    place = await said.evaluate(PLACE_OF, "Americans")
    await page.mouse.click(place["x"], place["y"])
    await plays_at(page, said_at(service, job_id, "Americans"))
    await expect(page.get_by_role("slider", name="Position")).to_be_visible()
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await page.get_by_role("button", name="Pause").click()


async def a_passage_is_corrected(page: Page, said: Locator, words: str) -> None:
    await said.hover()
    await page.get_by_role("button", name="Correct this passage").click()
    box = page.get_by_role("textbox", name="Passage at")
    await box.fill(words)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(box).to_have_count(0)
    await expect(passage(page, words)).to_be_visible()


async def the_moment_is_found(page: Page, word: str) -> None:
    """By the box at the top of whatever page; the hit leads to the passage, which is marked."""
    box = page.get_by_role("searchbox", name="Search everything")
    await box.fill(word)
    await box.press("Enter")
    hit = page.get_by_role("region", name="What is found").get_by_role("listitem").first
    await expect(hit.locator("mark").first).to_contain_text(word)
    await hit.get_by_role("link").first.click()
    marked = page.locator("#transcript .here")
    await expect(marked).to_contain_text(word)
    await expect(marked).to_be_in_viewport()
    start = (await marked.get_attribute("id") or "").removeprefix("t=")
    await plays_at(page, float(start))


async def test_a_file_that_is_dropped_is_taken_in(
    service: Server, visits: Visits, clip: bytes
) -> None:
    page = await visits.open(home(service))
    await expect(page.locator("main input[type=file]").first).to_be_attached()
    dropped = {"name": "dropped.flac", "bytes": base64.b64encode(clip).decode()}
    await page.evaluate(DROP, dropped)
    await expect(listed(page, "dropped")).to_contain_text("Completed")


async def test_broken_media_tell_why(service: Server, visits: Visits) -> None:
    page = await visits.open(home(service))
    letters: FilePayload = {
        "name": "letters.mp3",
        "mimeType": "audio/mpeg",
        "buffer": b"no sound " * 500,
    }
    await page.locator("main input[type=file]").first.set_input_files(letters)
    row = listed(page, "letters")
    await expect(row).to_contain_text("Failed")
    await row.get_by_role("link", name="letters").first.click()
    await expect(page.get_by_role("main")).to_contain_text("media.unreadable")
