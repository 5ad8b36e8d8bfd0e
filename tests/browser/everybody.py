"""What keeps people from using a page."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "device_scale_factor": 2}
GRAVE = ("serious", "critical")


async def graves(page: Page) -> list[str]:
    """As axe-core sees it."""
    found = await Axe().run(page)
    return [
        f"{each['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for each in found.response["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
