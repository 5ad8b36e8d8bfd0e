"""Takes the README's pictures of the page, of a service of its own with media of its own."""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Literal

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page

from scripts.bench_found import await_frames
from scripts.bench_page import chromium
from scripts.bench_report import ROOT, say
from scripts.bench_server import Server, serving
from scripts.screenshots_media import made

WIDTH = 1280
Scheme = Literal["light", "dark"]
SHARPNESS = 1.5  # pixels of the picture for each of the page
COLOURS = 256
PICTURES = ROOT / "scripts" / "pictures"
MOMENT = 14.5  # seconds of the film, on its second slide


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="spool-screenshots-") as folder,
        serving(APP__LOGGING__LEVEL="WARNING") as server,
        chromium() as browser,
    ):
        server.await_ready()
        assets = {path.suffix: _taken_in(server, path) for path in made(Path(folder))}
        await_frames(server)
        page = _page(browser, server, "light", 860)
        _watch(page, assets[".mp4"])
        _keep(page.screenshot(), PICTURES / "watch.png")
        page = _page(browser, server, "dark", 680)
        _search(page)
        _keep(page.screenshot(), PICTURES / "search.png")


def _taken_in(server: Server, path: Path) -> str:
    """The id of its asset, once its job has ended."""
    options = {"word_timestamps": "true", "topics": "true"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60.0) as http:
        with path.open("rb") as file:
            sent = http.post("/api/v1/ingest", files={"file": (path.name, file)}, data=options)
    job = server.await_end(sent.raise_for_status().json()["job_id"])
    say(f"screenshots: {path.name}: {job['status']}")
    return str(job["asset_id"])


def _page(browser: Browser, server: Server, scheme: Scheme, height: int) -> Page:
    return browser.new_page(
        base_url=f"http://127.0.0.1:{server.port}",
        viewport={"width": WIDTH, "height": height},
        device_scale_factor=SHARPNESS,
        color_scheme=scheme,
        reduced_motion="reduce",
    )


def _watch(page: Page, asset_id: str) -> None:
    page.goto(f"/watch/{asset_id}?t={MOMENT}")
    page.locator("#transcript.timed").wait_for()
    page.wait_for_load_state("networkidle")


def _search(page: Page) -> None:
    page.goto("/#/search?q=the+best+of+times")
    page.locator("main mark").first.wait_for()
    page.wait_for_load_state("networkidle")


def _keep(shot: bytes, path: Path) -> None:
    """With few colours: a third of the bytes, and the eye sees no difference."""
    Image.open(BytesIO(shot)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    say(f"screenshots: {path.relative_to(ROOT)}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
