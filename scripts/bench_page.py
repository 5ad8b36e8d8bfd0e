"""The page in Chromium: its weight, how soon it can be used, and how long it ever stands still."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.bench_page_rows import JOBS, WORDS, crowd, talk
from scripts.bench_report import Report, say
from scripts.bench_server import models_folder
from tests.faults.spool import Spool
from tests.media import silence

TIMES = 5  # loads, each in a new profile
WEIGHT, SOON, STILL = 300.0, 1000.0, 100.0  # kB, ms, ms
LENGTH = 3600.0  # seconds of the medium
PLACES = 20  # that are gone to in it
SCREENS = 60  # scrolled through
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
#: Tasks that hold up the page for 50 ms and more, as the browser itself tells them.
WATCHED = """
window.heldUp = [];
new PerformanceObserver((list) => heldUp.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });
"""
#: Milliseconds from the start of the load until it stands there, is painted and takes input.
USABLE = """(wanted) => new Promise((resolve) => {
  const look = () => document.querySelector(wanted)
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    : requestAnimationFrame(look);
  look();
})"""
#: Goes to that second, and waits until it is painted.
GO_TO = """(seconds) => new Promise((resolve) => {
  const player = document.querySelector("audio, video");
  player.addEventListener("seeked", () => requestAnimationFrame(() => setTimeout(resolve)),
    { once: true });
  player.currentTime = seconds;
})"""
PAINTED = "() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        spool = Spool(Path(folder, "spool"), models_folder())
        try:
            asset = _furnish(spool, silence(Path(folder, "hour.flac"), LENGTH))
            with chromium() as browser:
                _measure_first_view(report, browser, spool)
                _measure_transcript(report, browser, f"{spool.url}/watch/{asset}")
                _measure_list(report, browser, "home", f"{spool.url}/")
                _measure_list(report, browser, "library", f"{spool.url}/#/library")
        finally:
            spool.close()
    report.notes += [
        f"first view: `/` of a service with {JOBS} jobs, over loopback; {TIMES} loads, each in a "
        "new profile of a browser that runs already; bytes of heads and bodies as they come",
        "usable: what media are added with stands there, is painted, and the page takes input",
        f"transcript: {WORDS} words with their times, on the page of a medium of an hour; it is "
        f"scrolled through in {SCREENS} steps, and {PLACES} places in it are gone to",
        "held up: the longest task of the browser's main thread; those under 50 ms are not told",
    ]


def _furnish(spool: Spool, medium: Path) -> str:
    """The id of an asset with a very long transcript, in a service with many jobs."""
    spool.start()
    job_id = spool.post(medium)
    job = spool.ended(job_id, 300.0)
    assert job["status"] == "Completed", job
    spool.stop()
    talk(spool.data / "spool.db", job_id, LENGTH)
    crowd(spool.data / "spool.db")
    spool.start()
    return str(job["asset_id"])


@contextmanager
def chromium() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise OSError("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*OPTIONS])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        page.add_init_script(WATCHED)
        yield page
    finally:
        context.close()


def _measure_first_view(report: Report, browser: Browser, spool: Spool) -> None:
    loads = [_first_view(browser, f"{spool.url}/") for _ in range(TIMES)]
    soon = [usable for _, usable in loads]
    report.below(WEIGHT, "first view", loads[0][0] / 1000, "kB")
    report.below(SOON, f"  until it is usable, median of {TIMES}", median(soon), "ms")
    report.fact("  slowest", max(soon), "ms")
    report.detail["usable_ms"] = soon


def _first_view(browser: Browser, address: str) -> tuple[float, float]:
    """Bytes, and milliseconds until it can be used."""
    with _page(browser) as page:
        done: list[Any] = []
        page.on("requestfinished", lambda request: done.append(request))
        page.goto(address, wait_until="commit")
        usable = page.evaluate(USABLE, "main input[type=file]")
        page.wait_for_load_state("load")
        page.evaluate(PAINTED)
        sizes = [each.sizes() for each in done if each.url.startswith("http")]
        weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        return float(weight), float(usable)


def _measure_transcript(report: Report, browser: Browser, address: str) -> None:
    with _page(browser) as page:
        page.goto(address, wait_until="commit")
        usable = page.evaluate(USABLE, "#transcript p[id]")
        page.locator("#transcript.timed").wait_for()
        opened = _held_up(page)
        scrolled = _during(page, lambda: _scroll(page))
        gone = _during(page, lambda: _seek(page))
    say(f"page: transcript opened {opened}, scrolled {scrolled}, gone to {gone}")
    report.fact(f"transcript of {WORDS} words: first words to be read", usable, "ms")
    report.fact("  held up while it opens, at most", max(opened, default=0.0), "ms")
    report.below(STILL, "  while it is scrolled through", max(scrolled, default=0.0), "ms")
    report.below(STILL, "  while places in it are gone to", max(gone, default=0.0), "ms")
    report.detail["transcript_ms"] = {"opened": opened, "scrolled": scrolled, "gone_to": gone}


def _measure_list(report: Report, browser: Browser, name: str, address: str) -> None:
    with _page(browser) as page:
        page.goto(address, wait_until="commit")
        usable = page.evaluate(USABLE, "main li")
        page.evaluate(PAINTED)
        opened = _held_up(page)
        scrolled = _during(page, lambda: _scroll(page))
    report.fact(f"{name} with {JOBS} jobs: the first to be read", usable, "ms")
    report.below(STILL, "  held up while it opens", max(opened, default=0.0), "ms")
    report.below(STILL, "  while it is scrolled through", max(scrolled, default=0.0), "ms")
    report.detail[f"{name}_ms"] = {"opened": opened, "scrolled": scrolled}


def _scroll(page: Page) -> None:
    """To the end of what is there, a screen and more at a time."""
    page.mouse.move(640, 500)
    for _ in range(SCREENS):
        page.mouse.wheel(0, 2500)
        page.evaluate(PAINTED)


def _seek(page: Page) -> None:
    """Back and forth, from one end to the other."""
    for number in range(PLACES):
        share = (number * 7 % PLACES + 0.5) / PLACES
        page.evaluate(GO_TO, share * LENGTH)


def _during(page: Page, work: Callable[[], None]) -> list[float]:
    page.evaluate("heldUp.length = 0")
    work()
    page.evaluate(PAINTED)
    return _held_up(page)


def _held_up(page: Page) -> list[float]:
    """Milliseconds of each task that was too long."""
    found: list[float] = page.evaluate("heldUp")
    return found
