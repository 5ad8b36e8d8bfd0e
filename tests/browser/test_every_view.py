"""What holds of every view alike: fit for everybody, on a phone too, and asking nobody else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page, expect

from tests import media
from tests.browser.echo import FAILS
from tests.browser.everybody import PHONE, graves
from tests.browser.houses import House, opened_house
from tests.browser.places import Place, job, search, watch
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = (
    *("home", "job", "failed", "library", "search", "dead-letters", "system"),
    *("speech", "video", "picture", "text", "shared"),
)
#: Nothing that breaks by itself: the kind of name that pushes a page aside.
LONG = "aufzeichnung_" + "donaudampfschifffahrtsgesellschaft_" * 4 + "end.flac"
SAID = "Every word of it was said by nobody, and this address too: https://example.com/" + "x" * 90


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, clip: bytes
) -> AsyncIterator[House]:
    """A house with something of every kind in it."""
    folder = tmp_path_factory.mktemp("furnished")
    settings: Any = {"ingestion": {"max_errors": 1}, "pictures": {"ocr": False}}
    async with opened_house(folder, model_folder, **settings) as house:
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def places(furnished: House, clip: bytes, picture: bytes, film: bytes) -> dict[str, Place]:
    """By name."""
    spool = furnished.spool
    labels = "first, second"
    done = await spool.take_in(
        clip, "talk.flac", prompt=SAID, asset_id="speech", title=LONG, labels=labels
    )
    jobs = [
        done,
        await spool.take_in(film, "film.mp4", prompt=SAID, asset_id="video", title="A film"),
        await spool.take_in(picture, "picture.png", asset_id="picture", title="A picture"),
        await spool.take_in(b"# Heads\n\nAnd tails.", "text.md", asset_id="text", title="A text"),
    ]
    failed = await spool.take_in(clip, LONG, prompt=f"{FAILS}{LONG}")
    for each in jobs:
        await spool.completed(each)
    assert (await spool.ended(failed))["dead_letter"] is True
    _, token = await spool.doors.shares.share("speech", timedelta(days=1))
    found = [
        Place(name="home", path="/#/", shows=LONG),
        Place(name="job", path=job(done), shows=LONG),
        Place(name="failed", path=job(failed), shows=LONG),
        Place(name="library", path="/#/library", shows="A film"),
        Place(name="search", path=search("word said"), shows="word"),
        Place(name="dead-letters", path="/#/dead-letters", shows=LONG),
        Place(name="system", path="/#/system", shows="base"),
        Place(name="speech", path=watch("speech"), shows="Every word"),
        Place(name="video", path=watch("video", 1), shows="Every word"),
        Place(name="picture", path=watch("picture"), shows="A picture"),
        Place(name="text", path=watch("text"), shows="And tails."),
        Place(name="shared", path=f"/shared/{token}", shows="Every word"),
    ]
    assert [each.name for each in found] == [*NAMES]
    return {each.name: each for each in found}


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.new("RGB", (640, 480), "teal").save(file)
    return file.read_bytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, jfk: Path) -> bytes:
    return media.make_video(tmp_path_factory.mktemp("film") / "film.mp4", jfk).read_bytes()


async def stands(visits: Visits, house: House, place: Place, **profile: Any) -> Page:
    page = await visits.open(house.url + place.path, **profile)
    await place.stands(page)
    return page


@pytest.mark.parametrize("name", NAMES)
async def test_a_view_can_be_used_by_everybody_in_light_and_in_dark(
    furnished: House, visits: Visits, places: dict[str, Place], name: str
) -> None:
    page = await stands(visits, furnished, places[name])
    assert await graves(page) == []
    await visits.shoot(page, f"{name}-light")
    await page.emulate_media(color_scheme="dark")
    assert await graves(page) == []
    await visits.shoot(page, f"{name}-dark")


@pytest.mark.parametrize("name", NAMES)
async def test_a_view_fits_on_a_phone_without_scrolling_sideways(
    furnished: House, visits: Visits, places: dict[str, Place], name: str
) -> None:
    page = await stands(visits, furnished, places[name], **PHONE)
    await visits.shoot(page, f"{name}-phone")
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide == await page.evaluate("document.documentElement.clientWidth") == 360
    assert await graves(page) == []


async def test_all_views_are_seen_in_one_go_and_nobody_else_is_asked(
    furnished: House, visits: Visits, places: dict[str, Place]
) -> None:
    """No other name can be resolved here, so that only the service is within reach."""
    page = await visits.open(furnished.url)
    for place in places.values():
        await page.goto(place.path)
        await place.stands(page)
    asked = {address for address in visits.asked if not address.startswith(("data:", "blob:"))}
    assert all(address.startswith(f"{furnished.url}/") for address in asked)


async def test_the_dialog_of_keys_can_be_used_by_everybody(
    furnished: House, visits: Visits
) -> None:
    page = await visits.open(furnished.url)
    await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert await graves(page) == []


async def test_a_place_that_there_is_not_says_so(furnished: House, visits: Visits) -> None:
    page = await visits.open(f"{furnished.url}/#/constructor")
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
