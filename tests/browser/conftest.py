"""A real Chromium before a real service; what a page must never do fails the test it does it in."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.houses import House, opened_house
from tests.browser.visits import PATIENCE, Visits
from tests.e2e.conftest import Server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Nothing that the browser itself would like to know of the world.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-default-apps"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SHOTS = "SPOOL_TEST_SHOTS"

expect.set_options(timeout=PATIENCE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visits(chromium: Browser) -> AsyncIterator[Visits]:
    """Opens pages; none of them may have said an error, run a stranger's script or asked elsewhere.

    Pictures of them go into the folder that SPOOL_TEST_SHOTS names.
    """
    named = os.environ.get(SHOTS)
    made = Visits(chromium, Path(named) if named else None)
    yield made
    await made.close()
    assert made.faults == []


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Server]:
    """The real service with a real engine, in a process of its own, ready."""
    made = Server(
        tmp_path_factory.mktemp("browsed"),
        model_folder,
        APP__TRANSCRIPTION__MODEL="tiny.en",
        APP__TRANSCRIPTION__WORKERS="1",
    )
    made.start()
    made.until_ready()
    yield made
    made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_house(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    async with opened_house(folder, model_folder, ingestion={"max_errors": 1}) as house:
        yield house


@pytest.fixture
def house(open_house: House) -> House:
    """A service whose engine says what it is told, and fails when it is told; as new."""
    open_house.engine.mended = False
    open_house.engine.hold.set()
    return open_house


@pytest.fixture(scope="session")
def clip(jfk: Path) -> bytes:
    """11 s of real speech, as FLAC."""
    return jfk.read_bytes()
