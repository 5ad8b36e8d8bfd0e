"""Whatever strangers write is text on every view: nothing of it ever runs, or becomes markup."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.echo import FAILS, SPEAKER
from tests.browser.houses import House
from tests.browser.payloads import MORE, PAYLOADS
from tests.browser.places import job, search, watch
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = range(len(PAYLOADS))
#: Of long lists, too, which go on only once their end comes near.
ALL_OF_IT: Any = {"width": 1200, "height": 30_000}
#: Markup that no view of ours has: handlers in attributes, frames, addresses that are script.
INTRUDERS = """() => {
  const bad = /^\\s*(javascript|data:text)/i;
  const isBad = ({ name, value }) => name.startsWith("on") || name === "srcdoc" ||
    (/^(.*:)?(href|src|action|formaction)$/.test(name) && bad.test(value));
  return [...document.querySelectorAll("*")].filter((element) =>
    /^(iframe|object|embed|base|frame|animate|foreignobject)$/i.test(element.localName) ||
    [...element.attributes].some(isBad)).map((element) => element.outerHTML.slice(0, 300));
}"""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """What was taken in with one payload in every place that takes words."""

    payload: str
    #: With it, where there is room for more.
    payloads: tuple[str, ...]
    job_id: str
    asset_id: str
    failed_job_id: str
    text_id: str
    text_job_id: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def traps(open_house: House, clip: bytes) -> list[Trap]:
    laid_out = [await laid(open_house, clip, number) for number in NUMBERS]
    for trap in laid_out:
        await sprung(open_house, trap)
    return laid_out


async def laid(house: House, content: bytes, number: int) -> Trap:
    """The jobs run beside one another: whoever looks at them waits for their ends."""
    payload, spool = PAYLOADS[number], house.spool
    payloads = (payload, *MORE[number :: len(PAYLOADS)])
    labels, words = list(payloads), " ".join(payloads)
    asset_id, text_id = f"{number} {payload}", f"text {number} {payload}"
    named = {"name": payload, "title": payload, "labels": json.dumps(labels)}
    job_id = await spool.take_in(content, prompt=words, asset_id=asset_id, **named)
    failed = await spool.take_in(content, prompt=f"{FAILS}{words}", **named)
    extra = {"text": f"# {payload}\n\n{words}", "title": payload, "labels": labels}
    told = {"assetId": text_id, "mediaType": "text", "extra": extra}
    answer = await spool.http.post("/api/v1/assets", json=told)
    assert answer.status_code == 202, answer.text
    return Trap(
        payload=payload,
        payloads=payloads,
        job_id=job_id,
        asset_id=asset_id,
        failed_job_id=failed,
        text_id=text_id,
        text_job_id=answer.json()["job_id"],
    )


async def sprung(house: House, trap: Trap) -> None:
    """All of it is taken in, and corrected."""
    spool = house.spool
    await spool.completed(trap.job_id)
    await spool.completed(trap.text_job_id)
    assert (await spool.ended(trap.failed_job_id))["status"] == "Failed"
    told = {"description": " ".join(trap.payloads), "speakers": {SPEAKER: trap.payload}}
    address = f"/api/v1/assets/{quote(trap.asset_id, safe='/')}"
    answer = await spool.http.patch(address, json=told)
    assert answer.status_code == 200, answer.text


async def reads(page: Page, path: str, *payloads: str) -> None:
    """The view shows each payload as it was written, and has no markup but its own."""
    await page.goto(path)
    for payload in payloads:
        await expect(page.locator("body")).to_contain_text(payload)
    assert await page.evaluate(INTRUDERS) == []


async def test_the_lists_show_what_strangers_write_as_text(
    house: House, visits: Visits, traps: list[Trap]
) -> None:
    page = await visits.open(house.url, viewport=ALL_OF_IT)
    for path in ("/#/", "/#/library", "/#/dead-letters"):
        await reads(page, path, *PAYLOADS)


@pytest.mark.parametrize("number", NUMBERS)
async def test_what_a_stranger_writes_is_text_wherever_it_stands(
    house: House, visits: Visits, traps: list[Trap], number: int
) -> None:
    trap = traps[number]
    page = await visits.open(house.url + job(trap.job_id))
    await reads(page, job(trap.job_id), *trap.payloads)
    await reads(page, job(trap.failed_job_id), *trap.payloads)
    await reads(page, search(trap.payload), trap.payload)
    await reads(page, watch(trap.asset_id), *trap.payloads)
    await reads(page, watch(trap.text_id), *trap.payloads)
