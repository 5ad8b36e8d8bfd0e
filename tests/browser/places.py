"""Every view of the page, and how one knows that it stands there."""

from dataclasses import dataclass
from urllib.parse import quote

from playwright.async_api import Page, expect


@dataclass(frozen=True, kw_only=True)
class Place:
    #: Of the view, for the names of tests and pictures.
    name: str
    #: Behind the origin.
    path: str
    #: What stands in it once it is all there.
    shows: str

    async def stands(self, page: Page) -> None:
        await expect(page.locator("body")).to_contain_text(self.shows)
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)


def watch(asset_id: str, seconds: float | None = None) -> str:
    """The address of an asset's page."""
    path = f"/watch/{quote(asset_id, safe='/')}"
    return path if seconds is None else f"{path}?t={seconds:g}"


def job(job_id: str) -> str:
    return f"/#/jobs/{job_id}"


def search(words: str) -> str:
    return f"/#/search?q={quote(words, safe='')}"
