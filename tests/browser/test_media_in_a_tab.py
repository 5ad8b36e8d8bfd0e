"""A medium that is opened by itself, in a tab of its own, by a browser that is signed in."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page, expect

from app.domain.keys import Scope
from app.web.session_cookie import NAME
from tests.browser.houses import House, opened_house
from tests.browser.visits import Visits
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENOUGH = 4  # HTMLMediaElement.HAVE_ENOUGH_DATA


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def closed(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[House]:
    """A service that wants keys: what a tab asks for must come with its cookie."""
    folder = tmp_path_factory.mktemp("tabs")
    async with opened_house(folder, model_folder, server={"require_keys": True}) as house:
        await house.sign_in()
        yield house


async def opened_in_a_tab(house: House, visits: Visits, content: bytes, name: str) -> Page:
    await house.spool.ended(await house.spool.take_in(content, name, asset_id=name))
    _, secret = await house.spool.doors.keys.create("of a browser", {Scope.READ})
    page = await visits.blank(house.url)
    await page.context.add_cookies([{"name": NAME, "value": secret, "url": house.url}])
    await page.goto(f"/api/v1/media/{name}")
    return page


async def test_a_video_opened_in_a_tab_plays(
    closed: House, visits: Visits, tmp_path: Path, jfk: Path
) -> None:
    film = make_video(tmp_path / "film.mp4", jfk).read_bytes()
    page = await opened_in_a_tab(closed, visits, film, "film.mp4")
    video = page.locator("video")
    await expect(video).to_have_js_property("readyState", ENOUGH)
    await expect(video).to_have_js_property("videoWidth", 320)
    await visits.shoot(page, "video-in-a-tab")


async def test_sound_opened_in_a_tab_plays(closed: House, visits: Visits, clip: bytes) -> None:
    page = await opened_in_a_tab(closed, visits, clip, "clip.flac")
    await expect(page.locator("video")).to_have_js_property("readyState", ENOUGH)


async def test_a_picture_opened_in_a_tab_is_shown(closed: House, visits: Visits) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "PNG")
    page = await opened_in_a_tab(closed, visits, picture.getvalue(), "red.png")
    await expect(page.locator("img")).to_have_js_property("naturalWidth", 64)
