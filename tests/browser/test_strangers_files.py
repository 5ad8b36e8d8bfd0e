"""A file that would run, were it opened as a document, is opened as a medium, or saved."""

import pytest
from playwright.async_api import Error, Page, expect

from tests.browser.houses import House
from tests.browser.payloads import PAGE, SVG
from tests.browser.places import job, watch
from tests.browser.visits import STOLEN, Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = {
    "drawing.svg": SVG,
    "drawing.png": SVG,
    "drawing.mp4": SVG,
    "page.html": PAGE,
    "page.mp3": PAGE,
    "page.webp": PAGE,
    "page.md": PAGE,
    "drawing": SVG,
}
#: What a browser puts around a medium that is opened by itself may be refused: it is no script.
OWN_DRESS = "^error: (Applying inline style|Loading media|Loading the image) "


@pytest.mark.parametrize("name", FILES)
async def test_nothing_runs_of_a_document_that_came_as_a_medium(
    house: House, visits: Visits, name: str
) -> None:
    visits.provokes("status of 4", OWN_DRESS)  # most of them are no media
    job_id = await house.spool.take_in(FILES[name].encode(), name, asset_id=name)
    await house.spool.ended(job_id)
    page = await visits.open(house.url + job(job_id))
    await expect(page.get_by_role("heading", name=name.partition(".")[0]).first).to_be_visible()
    await page.goto(watch(name))
    await opens(page, f"/api/v1/media/{name}")
    await opens(page, f"/api/v1/jobs/{job_id}/result?format=txt")


async def opens(page: Page, path: str) -> None:
    """As whoever is sent a link to it would; what is saved instead is not opened."""
    try:
        await page.goto(path)
    except Error as error:
        assert "Download is starting" in error.message or "ERR_ABORTED" in error.message
    assert STOLEN not in await page.title()
