"""`/feed.atom`: what feed readers are told of jobs that ended."""

import base64
from collections.abc import AsyncIterator
from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import httpx2
import pytest
import pytest_asyncio

from app.domain.keys import Scope
from app.web.credentials import FEED
from app.web.document import written
from app.web.gate import Gate
from app.web.limits import WRONG_KEYS
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import Spool, error
from tests.api.test_rate_limits import gated

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATOM = "{http://www.w3.org/2005/Atom}"
BOTH = 'Bearer realm="spool", Basic realm="spool"'


@pytest_asyncio.fixture(loop_scope="module")
async def http(spool: Spool) -> AsyncIterator[httpx2.AsyncClient]:
    """Where keys are wanted."""
    async with gated(spool.doors, Gate(keys_required=True)) as http:
        Conformance(written(DOORS)).watch(http)
        yield http


@pytest_asyncio.fixture(loop_scope="module")
async def secret(spool: Spool) -> str:
    return (await spool.doors.keys.create("a reader", {Scope.READ}))[1]


async def asked(spool: Spool, **headers: str) -> Element:
    answer = await spool.http.get(FEED, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    return ElementTree.fromstring(answer.content)


async def entries(spool: Spool) -> list[Element]:
    return (await asked(spool)).findall(f"{ATOM}entry")


def text(element: Element, name: str) -> str:
    found = element.findtext(ATOM + name)
    assert found is not None, name
    return found


def link(element: Element, rel: str) -> str:
    [found] = [each for each in element.findall(f"{ATOM}link") if each.get("rel") == rel]
    return found.get("href") or ""


def basic(user: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


async def test_a_feed_without_news_is_a_feed(spool: Spool) -> None:
    assert await spool.count() == 0
    feed = await asked(spool)
    assert feed.tag == f"{ATOM}feed" and feed.findall(f"{ATOM}entry") == []
    assert datetime.fromisoformat(text(feed, "updated")).tzinfo is not None


async def test_it_tells_what_completed_and_what_failed_the_last_end_first(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.texts = {0: " Ask <what> you", 1: " can & do.", 2: " Words" + " on" * 200}
    heard = await spool.completed(await spool.take_in(speech, "talk.flac", title="A talk"))
    broken = await spool.ended(await spool.take_in(b"no medium at all", "broken.wav"))
    assert broken["status"] == "Failed"
    spool.engine.hold.clear()
    cancelled = await spool.take_in(speech, "cancelled.flac")
    await spool.http.post(f"/api/v1/jobs/{cancelled}/cancel")
    spool.engine.hold.set()
    failed, told = await entries(spool)
    assert text(told, "id") == f"urn:uuid:{heard['job_id']}"
    assert text(told, "title") == "A talk" and text(told, "updated") == heard["finished_at"]
    assert text(told, "summary").startswith("Ask <what> you can & do. Words on on")
    assert len(text(told, "summary")) == 300
    page = link(told, "alternate")
    assert page == f"http://localhost/watch/{heard['asset_id']}"
    assert (await spool.http.get(page)).status_code == 200
    assert text(failed, "title") == "Failed: broken.wav"
    assert text(failed, "summary") == broken["error"]["message"]
    assert (await spool.http.get(link(failed, "alternate"))).json()["error"] == broken["error"]


async def test_each_entry_and_the_feed_have_all_that_atom_wants(spool: Spool) -> None:
    feed = await asked(spool)
    found = feed.findall(f"{ATOM}entry")
    assert found
    for each in (feed, *found):
        assert text(each, "id").startswith("urn:uuid:") and text(each, "title")
        assert datetime.fromisoformat(text(each, "updated")).tzinfo is not None
    assert text(feed, "updated") == text(found[0], "updated")
    author = feed.find(f"{ATOM}author")
    assert author is not None and text(author, "name") == "Spool"
    assert link(feed, "self") == "http://localhost/feed.atom"
    assert text(await asked(spool), "id") == text(feed, "id")


async def test_links_lead_to_where_it_was_asked_for(spool: Spool) -> None:
    whole = await spool.http.get(f"https://box.localhost:8443{FEED}")
    feed = ElementTree.fromstring(whole.content)
    assert link(feed, "self") == "https://box.localhost:8443/feed.atom"
    *_, first = feed.findall(f"{ATOM}entry")
    assert link(first, "alternate").startswith("https://box.localhost:8443/watch/")


async def test_a_name_that_xml_cannot_hold_is_told_all_the_same(spool: Spool) -> None:
    words = "ab\x0bc\x1b[31m \ufffe <script>"
    record = {"assetId": "odd/näme & <x>", "mediaType": "text", "extra": {"text": "# Hello"}}
    answer = await spool.http.post("/api/v1/assets", json=record)
    await spool.completed(answer.json()["job_id"])
    page = "odd%2Fn%C3%A4me%20%26%20%3Cx%3E"
    assert (await spool.http.patch(f"/api/v1/assets/{page}", json={"text": words})).is_success
    first, *_ = await entries(spool)
    assert text(first, "summary") == "ab\ufffdc\ufffd[31m \ufffd <script>"
    assert link(first, "alternate").endswith(f"/watch/{page}")
    assert (await spool.http.get(link(first, "alternate"))).status_code == 200


async def test_what_the_reader_has_is_not_sent_again_until_there_is_news(
    spool: Spool, quiet: bytes
) -> None:
    first = await spool.http.get(FEED)
    seen = {"If-None-Match": first.headers["etag"]}
    again = await spool.http.get(FEED, headers=seen)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    await spool.completed(await spool.take_in(quiet))
    assert (await spool.http.get(FEED, headers=seen)).status_code == 200


async def test_of_a_deleted_job_nothing_is_told(spool: Spool, quiet: bytes) -> None:
    job_id = await spool.take_in(quiet, title="Soon gone")
    await spool.completed(job_id)
    assert text((await entries(spool))[0], "title") == "Soon gone"
    await spool.http.delete(f"/api/v1/jobs/{job_id}")
    assert "Soon gone" not in [text(each, "title") for each in await entries(spool)]


@pytest.mark.parametrize("host", ["[::1", "a b", "x:99999999", '"><x>', "[", ":", "\xe9.example"])
async def test_whatever_the_host_is_called_the_feed_is_xml(
    http: httpx2.AsyncClient, secret: str, host: str
) -> None:
    headers = {b"Host": host.encode("latin-1"), b"X-API-Key": secret.encode()}
    answer = await http.get(FEED, headers=headers)
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.content).tag == f"{ATOM}feed"


# a key as a password


@pytest.mark.parametrize("user", ["", "reader", "spool", "Zoë"])
async def test_the_key_is_the_password_of_any_user(
    http: httpx2.AsyncClient, secret: str, user: str
) -> None:
    assert (await http.get(FEED, headers=basic(user, secret))).status_code == 200


async def test_readers_are_asked_for_a_password(http: httpx2.AsyncClient) -> None:
    answer = await http.get(FEED)
    error(answer, 401, "key.missing")
    assert answer.headers["www-authenticate"] == BOTH


@pytest.mark.parametrize("told", ["", "!", "x", "eA==", "Og==", "\xe9", "eDp5 eDp5", "/w=="])
async def test_what_is_no_password_is_as_good_as_none(http: httpx2.AsyncClient, told: str) -> None:
    headers = {b"Authorization": f"Basic {told}".encode("latin-1")}
    error(await http.get(FEED, headers=headers), 401, "key.missing")


@pytest.mark.usefixtures("standing_pace")
async def test_wrong_passwords_are_counted(spool: Spool) -> None:
    async with gated(spool.doors, Gate(keys_required=True)) as http:
        await wrong_passwords_are_counted(http)


async def wrong_passwords_are_counted(http: httpx2.AsyncClient) -> None:
    for _ in range(WRONG_KEYS):
        answer = await http.get(FEED, headers=basic("x", "guess"))
        error(answer, 401, "key.wrong")
        assert answer.headers["www-authenticate"] == BOTH
    error(await http.get(FEED, headers=basic("x", "guess")), 429, "rate.limited")


async def test_a_password_may_not_more_than_its_key(spool: Spool, http: httpx2.AsyncClient) -> None:
    _, camera = await spool.doors.keys.create("camera", {Scope.INGEST})
    error(await http.get(FEED, headers=basic("x", camera)), 403, "key.scope")


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/watch/x", "/feed.atom/", "/v1/models"])
async def test_nothing_else_takes_a_password_or_asks_for_one(
    http: httpx2.AsyncClient, secret: str, path: str
) -> None:
    """A browser sends it by itself, on behalf of any page: so it may do nothing but this."""
    answer = await http.get(path, headers=basic("x", secret))
    assert answer.status_code == (404 if path.endswith("/") else 401)
    assert "Basic" not in answer.headers.get("www-authenticate", "")
    told = [door.path for door in DOORS for each in door.operations.values() if each.basic]
    assert told == [FEED]
