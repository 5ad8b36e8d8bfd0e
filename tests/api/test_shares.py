"""Links to one transcript: who makes them, what they show, and when they end."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from loguru import logger

from app.domain.errors import StorageError
from app.domain.keys import Scope
from app.web.document import written
from app.web.gate import Gate
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import Spool, error
from tests.api.test_rate_limits import gated

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHARES = "/api/v1/shares"
TALK = "talks/newton"


@pytest_asyncio.fixture(loop_scope="module")
async def talk(spool: Spool, speech: bytes) -> str:
    """The name of what was heard."""
    spool.engine.texts = {0: " The <b>apple</b> fell.", 1: " It is cold.", 2: " To the moon."}
    await spool.completed(await spool.take_in(speech, "talk.flac", asset_id=TALK, title="A & B"))
    return TALK


@pytest_asyncio.fixture(loop_scope="module")
async def http(spool: Spool) -> AsyncIterator[httpx2.AsyncClient]:
    """Where keys are wanted."""
    async with gated(spool.doors, Gate(keys_required=True)) as http:
        Conformance(written(DOORS)).watch(http)
        yield http


async def shared(spool: Spool, asset_id: str, **more: Any) -> dict[str, Any]:
    answer = await spool.http.post(SHARES, json={"asset_id": asset_id, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(spool: Spool, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await spool.http.get(SHARES, params=query)).json()["shares"]
    return found


async def gone(spool: Spool, url: str) -> bool:
    """In the words of a link that never was."""
    never = error(await spool.http.get("/shared/never"), 404, "share.not_found")
    return error(await spool.http.get(url), 404, "share.not_found") == never


async def test_whoever_has_the_link_reads_the_transcript_without_a_key(
    spool: Spool, http: httpx2.AsyncClient, talk: str
) -> None:
    made = await shared(spool, talk)
    assert re.fullmatch(r"/shared/[\w-]{43}", made["url"])
    begin, end = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert end - begin == timedelta(days=7)
    page = await http.get(made["url"])
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "<title>A &amp; B</title>" in page.text
    assert "The &lt;b&gt;apple&lt;/b&gt; fell." in page.text and "To the moon." in page.text
    [icon] = re.findall(r'<link rel="icon" href="([^"]*)"', page.text)
    for each in (icon, "/favicon.ico"):
        assert (await http.get(each)).headers["content-type"] == "image/svg+xml"


async def test_the_page_leads_nowhere_and_runs_nothing(spool: Spool, talk: str) -> None:
    page = await spool.http.get((await shared(spool, talk))["url"])
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script" not in policy and "unsafe" not in policy
    assert "img-src 'self';" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert '<meta name="robots" content="noindex' in page.text
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page.text)
    assert links and all(
        re.fullmatch(r"#t=[\d.]+|\?format=\w+|/page/\w+\.(css|svg)", each) for each in links
    )
    assert re.findall(r"<script|<img|<form|<iframe|\bon\w+=|style=", page.text) == []
    assert TALK not in page.text


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("txt", "text/plain", "The <b>apple</b> fell.\n"),
        ("srt", "application/x-subrip", "1\n00:00:0"),
        ("vtt", "text/vtt", "WEBVTT\n"),
    ],
)
async def test_it_can_be_kept_as_text_and_as_subtitles(
    spool: Spool, talk: str, form: str, kind: str, begins: str
) -> None:
    url = (await shared(spool, talk))["url"]
    answer = await spool.http.get(url, params={"format": form})
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="transcript.{form}"'
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text.startswith(begins)
    error(await spool.http.get(url, params={"format": "json"}), 422)


@pytest.mark.parametrize("seconds", [1, 3600.0, 365 * 24 * 3600])
async def test_its_time_is_told_in_whole_seconds(spool: Spool, talk: str, seconds: float) -> None:
    made = await shared(spool, talk, expires_in=seconds)
    begin, end = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert (end - begin).total_seconds() == seconds


async def test_what_is_corrected_is_shown_as_corrected(spool: Spool, talk: str) -> None:
    url = (await shared(spool, talk))["url"]
    changes = {"title": "Gravity", "segments": [{"id": 1, "text": "It is warm."}]}
    assert (await spool.http.patch("/api/v1/assets/talks%2Fnewton", json=changes)).is_success
    page = (await spool.http.get(url)).text
    assert "<h1>Gravity</h1>" in page and "It is warm." in page and "cold" not in page


async def test_links_are_listed_without_where_they_lead_and_revoked(
    spool: Spool, talk: str
) -> None:
    first, second = await shared(spool, talk), await shared(spool, talk, expires_in=60)
    found = await listed(spool, asset_id=talk)
    assert [each["share_id"] for each in found[:2]] == [second["share_id"], first["share_id"]]
    assert found[1] == {name: value for name, value in first.items() if name != "url"}
    assert await listed(spool) == found and await listed(spool, asset_id="another") == []
    assert (await spool.http.delete(f"{SHARES}/{first['share_id']}")).status_code == 204
    assert await gone(spool, first["url"])
    assert first["share_id"] not in str(await listed(spool))
    assert (await spool.http.get(second["url"])).status_code == 200
    for share_id in (first["share_id"], "no-such"):
        error(await spool.http.delete(f"{SHARES}/{share_id}"), 404, "share.not_found")


async def test_the_list_of_links_has_pages(spool: Spool, talk: str) -> None:
    made = [await shared(spool, talk) for _ in range(3)]
    first = (await spool.http.get(SHARES, params={"asset_id": talk, "limit": "2"})).json()
    more = {"asset_id": talk, "cursor": first["cursor"]}
    second = (await spool.http.get(SHARES, params=more)).json()
    found = [each["share_id"] for each in first["shares"] + second["shares"]]
    assert found[:3] == [each["share_id"] for each in reversed(made)]
    assert len(set(found)) == len(found) and len(first["shares"]) == 2
    assert second["cursor"] is None
    for name, value in (("limit", "0"), ("limit", "201"), ("cursor", "x"), ("page", "2")):
        answer = await spool.http.get(SHARES, params={name: value})
        assert name in error(answer, 422, "request.invalid")["message"]


async def test_a_link_ends_when_its_time_is_over(spool: Spool, talk: str) -> None:
    url = (await shared(spool, talk, expires_in=3600))["url"]
    store = spool.doors.shares.store
    clock = vars(store)["_clock"]
    vars(store)["_clock"] = lambda: clock() + timedelta(seconds=3599)
    try:
        assert (await spool.http.get(url)).status_code == 200
        vars(store)["_clock"] = lambda: clock() + timedelta(seconds=3601)
        assert await gone(spool, url)
    finally:
        vars(store)["_clock"] = clock


async def test_a_link_goes_with_its_asset(spool: Spool, speech: bytes) -> None:
    await spool.completed(await spool.take_in(speech, "x.flac", asset_id="short-lived"))
    made = await shared(spool, "short-lived")
    assert (await spool.http.delete("/api/v1/assets/short-lived")).status_code == 204
    assert await gone(spool, made["url"])
    assert await listed(spool, asset_id="short-lived") == []


async def test_what_is_taken_in_anew_under_the_name_is_not_shared_with_it(
    spool: Spool, speech: bytes
) -> None:
    spool.engine.texts = {0: " For everybody."}
    await spool.completed(await spool.take_in(speech, "x.flac", asset_id="standup"))
    made = await shared(spool, "standup")
    spool.engine.texts = {0: " For us alone."}
    await spool.completed(await spool.take_in(speech, "x.flac", asset_id="standup"))
    assert await gone(spool, made["url"])


async def test_only_a_transcript_can_be_shared(spool: Spool, speech: bytes) -> None:
    note = {"assetId": "a-note", "mediaType": "text", "extra": {"text": "# Hello"}}
    answer = await spool.http.post("/api/v1/assets", json=note)
    await spool.completed(answer.json()["job_id"])
    spool.engine.hold.clear()
    job_id = await spool.take_in(speech, "x.flac", asset_id="under-way")
    for asset_id in ("a-note", "under-way"):
        refused = await spool.http.post(SHARES, json={"asset_id": asset_id})
        error(refused, 409, "share.no_transcript")
    spool.engine.hold.set()
    await spool.completed(job_id)
    unknown = await spool.http.post(SHARES, json={"asset_id": "no-such"})
    error(unknown, 404, "asset.not_found")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"asset_id": ""}, "asset_id"),
        ({"asset_id": None}, "asset_id"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": -1}, "expires_in"),
        ({"expires_in": 365 * 24 * 3600 + 1}, "expires_in"),
        ({"expires_in": 1.5}, "expires_in"),
        ({"expires_in": True}, "expires_in"),
        ({"forever": True}, "forever"),
    ],
)
async def test_a_link_that_is_asked_for_in_a_wrong_way_is_not_made(
    spool: Spool, more: dict[str, Any], field: str
) -> None:
    before = await listed(spool)
    answer = await spool.http.post(SHARES, json={"asset_id": TALK} | more)
    assert field in error(answer, 422, "request.invalid")["message"]
    assert await listed(spool) == before


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "%ff", "%F0%9F%8E%A7", "."])
async def test_no_other_token_opens_anything(spool: Spool, token: str) -> None:
    answer = await spool.http.get(f"/shared/{token}")
    assert answer.status_code == 404


async def test_whoever_may_not_read_comes_to_nothing_by_sharing(
    spool: Spool, http: httpx2.AsyncClient, talk: str
) -> None:
    """A camera that may only send would else read what others sent."""
    secrets = {each: (await spool.doors.keys.create(each, {each}))[1] for each in Scope}
    _, both = await spool.doors.keys.create("x", {Scope.READ, Scope.INGEST})

    async def asked(secret: str) -> httpx2.Response:
        body = {"asset_id": talk}
        return await http.post(SHARES, json=body, headers={"X-API-Key": secret})

    for scope in (Scope.READ, Scope.INGEST):
        error(await asked(secrets[scope]), 403, "key.scope")
    for secret in (both, secrets[Scope.ADMIN]):
        assert (await asked(secret)).status_code == 201


async def test_the_token_is_in_no_log(spool: Spool, talk: str) -> None:
    async def broken(token: str) -> None:
        raise StorageError("the disk is gone")

    url = (await shared(spool, talk))["url"]
    told: list[str] = []
    sink = logger.add(told.append, level="TRACE", format="{message}")
    service = spool.doors.shares
    object.__setattr__(service, "open", broken)
    try:
        assert (await spool.http.get(url)).status_code == 503
    finally:
        object.__delattr__(service, "open")
        logger.remove(sink)
    assert "the disk is gone" in "".join(told)
    assert url.removeprefix("/shared/") not in "".join(told)
