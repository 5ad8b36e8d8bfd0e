"""A line that breaks in the middle of a file costs nothing but the time it was broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, Request, expect

from tests import media
from tests.browser.visits import Visits
from tests.e2e.conftest import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW = 512 * 1024  # bytes a second
LONG = 240.0  # seconds
SIZE = LONG * 16_000 * 2  # bytes, and a head
KEPT = "Upload-Offset"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, jfk: Path) -> Path:
    """Real speech, and then a long silence that is not packed."""
    samples, rate = soundfile.read(jfk)
    silence = np.zeros(round(LONG * rate) - len(samples))
    file = tmp_path_factory.mktemp("large") / "large.wav"
    return media.write_sound(file, np.concatenate([samples, silence]), rate)


async def slowed(page: Page, bytes_a_second: float) -> Any:
    """From now on; -1: as fast as it goes."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    await session.send(
        "Network.emulateNetworkConditions", limits | {"uploadThroughput": bytes_a_second}
    )
    return session


async def test_an_upload_that_breaks_goes_on_after_a_reload_where_it_was(
    service: Server, visits: Visits, large: Path
) -> None:
    page = await visits.open(f"http://127.0.0.1:{service.port}/")
    await slowed(page, SLOW)
    async with page.expect_response(lambda answer: answer.status == 201) as created:
        await page.locator("main input[type=file]").first.set_input_files(large)
    place = (await (await created.value).all_headers())["location"]
    uploads = page.get_by_role("region", name="Uploads")
    await expect(uploads.get_by_text("large.wav").first).to_be_visible()
    await expect(uploads).to_contain_text("MiB of")  # some of it is there
    await page.reload()
    await expect(page.get_by_text("was not sent to its end")).to_be_visible()
    kept = int(service.http.head(place, headers={"Tus-Resumable": "1.0.0"}).headers[KEPT])
    assert 0 < kept < SIZE
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    await page.locator("main input[type=file]").first.set_input_files(large)
    job = page.get_by_role("main").get_by_role("link", name="large")
    await expect(job.first).to_be_visible()
    [patch] = [request for request in sent if request.method == "PATCH"]
    assert patch.url.endswith(place)
    assert int(patch.headers[KEPT.lower()]) >= kept
    await job.first.click()
    await expect(page.get_by_role("main")).to_contain_text("fellow Americans")
