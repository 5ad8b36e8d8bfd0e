"""Pages opened in Chromium, each in a profile of its own, and what they must never do."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

#: What script of a stranger says on the console, if ever it runs.
STOLEN = "stolen-by-a-stranger"
PATIENCE = 90_000.0  # ms for whatever a page waits for; the cores may be busy with speech
OWN = ("data", "blob", "about")  # schemes of addresses that lead nowhere


class Visits:
    """Opens pages. `faults` tells in words what any of them has done and should not have."""

    def __init__(self, browser: Browser, shots: Path | None) -> None:
        self._browser, self._shots = browser, shots
        self._contexts: list[BrowserContext] = []
        self._provoked: list[str] = []
        self._found: list[str] = []
        #: Addresses that were asked for, in order.
        self.asked: list[str] = []
        #: What was asked for and came to its end.
        self.answered: list[Request] = []

    async def open(self, address: str, **profile: Any) -> Page:
        """A page in a new profile, loaded; `profile` as Playwright's `new_context` takes it."""
        page = await self.blank(address, **profile)
        await page.goto(address)
        return page

    async def blank(self, address: str, **profile: Any) -> Page:
        """As `open`, but nothing is loaded yet."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        given = {"base_url": origin, "reduced_motion": "reduce", "service_workers": "block"}
        context = await self._browser.new_context(**(given | profile))
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        self._watch(context, origin)
        return await context.new_page()

    async def weight(self) -> int:
        """Bytes on the wire of all that was answered, heads and bodies."""
        sizes = [await request.sizes() for request in self.answered]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def provokes(self, *patterns: str) -> None:
        """What the test itself brings about is no fault of the page."""
        self._provoked += patterns

    @property
    def faults(self) -> list[str]:
        return [fault for fault in self._found if not self._is_provoked(fault)]

    async def shoot(self, page: Page, name: str) -> None:
        """A picture of the page, where somebody wants pictures."""
        if self._shots is not None:
            await page.screenshot(path=self._shots / f"{name}.png", full_page=True)

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _is_provoked(self, fault: str) -> bool:
        return any(re.search(pattern, fault) for pattern in self._provoked)

    def _watch(self, context: BrowserContext, origin: str) -> None:
        """A policy that is broken is told on the console, too."""

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") or STOLEN in message.text:
                where = message.location
                self._found.append(f"{message.type}: {message.text} ({where['url']})")

        def asked(request: Request) -> None:
            self.asked.append(request.url)
            parts = urlsplit(request.url)
            if parts.scheme not in OWN and f"{parts.scheme}://{parts.netloc}" != origin:
                self._found.append(f"asked elsewhere: {request.url}")

        context.on("console", said)
        context.on("request", asked)
        context.on("requestfinished", lambda request: self.answered.append(request))
        context.on("weberror", lambda error: self._found.append(f"uncaught: {error.error}"))
        context.on("dialog", self._refuse)

    async def _refuse(self, dialog: Dialog) -> None:
        """Of the browser's own boxes the page opens none but this one; strangers would."""
        if dialog.type == "beforeunload":
            await dialog.accept()
            return
        self._found.append(f"dialog: {dialog.message}")
        await dialog.dismiss()
