"""A service that wants keys: the page asks for one, and offers what the key may do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.domain.keys import Scope
from tests.browser.echo import FAILS
from tests.browser.houses import House, opened_house
from tests.browser.places import watch
from tests.browser.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSET = "lecture"


@dataclass(frozen=True, kw_only=True)
class Guarded:
    house: House
    #: One for each scope.
    secrets: dict[Scope, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, clip: bytes
) -> AsyncIterator[Guarded]:
    """With a medium in the library, and a dead letter."""
    settings: Any = {"server": {"require_keys": True}, "ingestion": {"max_errors": 1}}
    async with opened_house(tmp_path_factory.mktemp("guarded"), model_folder, **settings) as house:
        secrets = {each: (await house.spool.doors.keys.create(each, {each}))[1] for each in Scope}
        await house.sign_in()
        job_id = await house.spool.take_in(clip, prompt="Said.", asset_id=ASSET, title="Lecture")
        await house.spool.completed(job_id)
        failed = await house.spool.take_in(clip, prompt=f"{FAILS}why", title="Ruin")
        await house.spool.ended(failed)
        yield Guarded(house=house, secrets=secrets)


async def gives_key(page: Page, secret: str) -> None:
    dialog = page.get_by_role("dialog", name="An API key, please")
    await dialog.get_by_label("Key").fill(secret)
    await dialog.get_by_label("Key").press("Enter")


async def signed_in(visits: Visits, guarded: Guarded, scope: Scope, path: str) -> Page:
    visits.provokes("status of 401")
    page = await visits.open(guarded.house.url + path)
    await gives_key(page, guarded.secrets[scope])
    await expect(page.get_by_role("dialog")).to_have_count(0)
    return page


async def test_a_key_is_asked_for_and_kept_until_somebody_signs_out(
    guarded: Guarded, visits: Visits
) -> None:
    visits.provokes("status of 401")
    page = await visits.open(f"{guarded.house.url}/#/library")
    await gives_key(page, "no key at all")
    await gives_key(page, guarded.secrets[Scope.READ])
    lecture = page.get_by_role("link", name="Lecture")
    await expect(lecture).to_be_visible()
    await page.reload()
    await expect(lecture).to_be_visible()
    assert guarded.secrets[Scope.READ] not in await page.evaluate(
        "document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })"
    )
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("dialog", name="An API key, please")).to_be_visible()
    await page.goto("/#/library")
    await expect(page.get_by_role("dialog", name="An API key, please")).to_be_visible()
    await expect(lecture).to_have_count(0)


async def test_who_leaves_the_dialog_sees_nothing_and_may_come_back(
    guarded: Guarded, visits: Visits
) -> None:
    visits.provokes("status of 401")
    page = await visits.open(f"{guarded.house.url}/#/library")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("link", name="Lecture")).to_have_count(0)
    await page.get_by_role("button", name="Sign in").first.click()
    await gives_key(page, guarded.secrets[Scope.READ])
    await expect(page.get_by_role("link", name="Lecture")).to_be_visible()


async def test_a_key_that_is_revoked_meanwhile_is_asked_for_again_and_the_work_goes_on(
    guarded: Guarded, visits: Visits
) -> None:
    keys = guarded.house.spool.doors.keys
    key, secret = await keys.create("for a while", {Scope.READ})
    visits.provokes("status of 401")
    page = await visits.open(f"{guarded.house.url}/#/library")
    await gives_key(page, secret)
    await expect(page.get_by_role("link", name="Lecture")).to_be_visible()
    await keys.revoke(key.key_id)
    await page.goto("/#/search?q=said")
    await gives_key(page, guarded.secrets[Scope.READ])
    await expect(page.get_by_role("main").get_by_role("link", name="Lecture")).to_be_visible()


async def test_a_key_that_may_only_read_is_offered_nothing_else(
    guarded: Guarded, visits: Visits
) -> None:
    page = await signed_in(visits, guarded, Scope.READ, "/#/library")
    await expect(page.get_by_role("link", name="Lecture")).to_be_visible()
    await offers(page, none_of=("Edit", "Delete"))
    await page.goto("/#/dead-letters")
    await expect(page.get_by_role("heading", name="Ruin")).to_be_visible()
    await offers(page, none_of=("Replay", "Delete"))
    await page.goto(watch(ASSET))
    await expect(page.get_by_text("Said.").first).to_be_visible()
    await offers(page, none_of=("Edit", "Delete", "Share"))


async def offers(page: Page, none_of: tuple[str, ...]) -> None:
    for name in none_of:
        enabled = page.get_by_role("main").get_by_role("button", name=name, disabled=False)
        await expect(enabled).to_have_count(0)


async def test_a_key_that_takes_media_in_may_edit_and_not_delete(
    guarded: Guarded, visits: Visits
) -> None:
    _, secret = await guarded.house.spool.doors.keys.create("both", {Scope.READ, Scope.INGEST})
    visits.provokes("status of 401")
    page = await visits.open(f"{guarded.house.url}/#/library")
    await gives_key(page, secret)
    await expect(page.get_by_role("button", name="Edit Lecture")).to_be_visible()
    await offers(page, none_of=("Delete",))
