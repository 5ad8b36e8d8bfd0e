"""A browser that keeps a key in a cookie: what it opens, and for whom it opens nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.domain.keys import Scope
from app.services.keys import KeyService
from app.web.document import written
from app.web.gate import Gate
from app.web.limits import WRONG_KEYS
from app.web.session_cookie import NAME
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import Spool, error
from tests.api.test_rate_limits import gated

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSION, JOBS = "/api/v1/session", "/api/v1/jobs"
APP, HERE = "https://app.example", "http://localhost"
CLOSED = Gate(keys_required=True, cors_origins=(APP, "http://localhost:3000"))
CHANGE = "/api/v1/dead-letters/no-such/replay"
OURS = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
LINK = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
ELSEWHERE = [
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {**LINK, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"},
    {**LINK, "Sec-Fetch-Dest": "object"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "https://evil.example"},
    {"Origin": APP},
    {"Origin": "null"},
]


@asynccontextmanager
async def closed(spool: Spool, gate: Gate = CLOSED) -> AsyncIterator[httpx2.AsyncClient]:
    async with gated(spool.doors, gate) as http:
        Conformance(written(DOORS)).watch(http)
        yield http


@pytest_asyncio.fixture(loop_scope="module")
async def http(spool: Spool) -> AsyncIterator[httpx2.AsyncClient]:
    async with closed(spool) as http:
        yield http


@pytest_asyncio.fixture(loop_scope="module")
async def secret(spool: Spool) -> str:
    return (await spool.doors.keys.create("a browser", {Scope.READ, Scope.INGEST}))[1]


def cookie(secret: str, **headers: str) -> dict[str, str]:
    return {"Cookie": f"{NAME}={secret}", **headers}


async def sign_in(http: httpx2.AsyncClient, key: str, **headers: str) -> httpx2.Response:
    return await http.post(SESSION, json={"key": key}, headers=headers)


def is_cleared(answer: httpx2.Response) -> bool:
    return answer.headers.get("set-cookie", "").startswith(f"{NAME}=; HttpOnly; Max-Age=0; Path=/")


# signing in and out


async def test_a_key_that_was_typed_in_once_opens_from_then_on(
    http: httpx2.AsyncClient, secret: str
) -> None:
    error(await http.get(JOBS), 401, "key.missing")
    answer = await sign_in(http, f" {secret}\n", **OURS)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    told = {"keys_required": True, "signed_in": True, "name": "a browser"}
    assert answer.json() == told | {"scopes": ["read", "ingest"]}
    assert secret not in answer.text
    assert (await http.get(JOBS)).status_code == 200
    assert (await http.get(SESSION)).json() == answer.json()
    error(await http.post(CHANGE, headers=OURS), 404)
    gone = await http.delete(SESSION, headers=OURS)
    assert gone.status_code == 204 and is_cleared(gone)
    error(await http.get(JOBS), 401, "key.missing")


async def test_no_script_and_no_other_name_has_the_cookie(
    http: httpx2.AsyncClient, secret: str
) -> None:
    set_cookie = (await sign_in(http, secret)).headers.get_list("set-cookie")
    year = 365 * 24 * 60 * 60
    assert set_cookie == [f"{NAME}={secret}; HttpOnly; Max-Age={year}; Path=/; SameSite=Lax"]


async def test_by_https_the_cookie_goes_by_https_only(
    http: httpx2.AsyncClient, secret: str
) -> None:
    answer = await http.post(f"https://localhost{SESSION}", json={"key": secret})
    assert answer.headers["set-cookie"].endswith("; SameSite=Lax; Secure")
    error(await http.get(f"{HERE}{JOBS}"), 401, "key.missing")
    assert (await http.get(f"https://localhost{JOBS}")).status_code == 200


@pytest.mark.usefixtures("standing_pace")
async def test_a_wrong_key_is_refused_and_counted(spool: Spool) -> None:
    async with closed(spool) as http:
        await wrong_keys_are_counted(http)


async def wrong_keys_are_counted(http: httpx2.AsyncClient) -> None:
    for _ in range(WRONG_KEYS):
        answer = await sign_in(http, "spool_guess")
        error(answer, 401, "key.wrong")
        assert "set-cookie" not in answer.headers
        assert answer.headers["www-authenticate"] == 'Bearer realm="spool"'
    limited = await sign_in(http, "spool_guess")
    error(limited, 429, "rate.limited")
    assert int(limited.headers["retry-after"]) > 0
    error(await http.get(JOBS, headers={"X-API-Key": "spool_guess"}), 429, "rate.limited")


async def test_a_key_whose_time_is_over_makes_no_session(
    spool: Spool, http: httpx2.AsyncClient
) -> None:
    then = datetime.now(UTC) - timedelta(days=1)
    old = KeyService(spool.doors.keys._store, lambda: then)
    _, expired = await old.create("x", {Scope.READ}, then + timedelta(hours=1))
    error(await sign_in(http, expired), 401, "key.expired")
    key, revoked = await spool.doors.keys.create("x", {Scope.READ})
    await spool.doors.keys.revoke(key.key_id)
    error(await sign_in(http, revoked), 401, "key.revoked")


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": 1}, {"key": "x" * 1001}, ["key"]])
async def test_what_is_no_key_at_all_is_named(http: httpx2.AsyncClient, body: object) -> None:
    error(await http.post(SESSION, json=body), 422, "request.invalid")


async def test_a_stranger_is_told_that_a_key_is_wanted(http: httpx2.AsyncClient) -> None:
    nobody: dict[str, Any] = {"keys_required": True, "signed_in": False, "name": None, "scopes": []}
    assert (await http.get(SESSION)).json() == nobody
    assert (await http.get(SESSION, headers=cookie("spool_x"))).json() == nobody


async def test_a_key_in_a_header_is_a_session_too_and_an_admin_may_do_all(
    spool: Spool, http: httpx2.AsyncClient
) -> None:
    _, admin = await spool.doors.keys.create("chief", {Scope.ADMIN})
    told = (await http.get(SESSION, headers={"X-API-Key": admin})).json()
    assert (told["name"], told["scopes"]) == ("chief", ["read", "ingest", "admin"])


async def test_while_keys_are_off_everybody_is_signed_in(spool: Spool) -> None:
    everything = ["read", "ingest", "admin"]
    open_to_all: dict[str, Any] = {"keys_required": False, "signed_in": True, "name": None}
    open_to_all["scopes"] = everything
    assert (await spool.http.get(SESSION, headers=cookie("wrong"))).json() == open_to_all
    answer = await sign_in(spool.http, "anything")
    assert answer.json() == open_to_all and "set-cookie" not in answer.headers


# a key that ends


async def test_the_cookie_of_a_revoked_key_is_taken_back(
    spool: Spool, http: httpx2.AsyncClient, secret: str
) -> None:
    key, revoked = await spool.doors.keys.create("x", {Scope.READ})
    assert (await http.get(JOBS, headers=cookie(revoked))).status_code == 200
    await spool.doors.keys.revoke(key.key_id)
    answer = await http.get(JOBS, headers=cookie(revoked))
    error(answer, 401, "key.revoked")
    assert is_cleared(answer)
    assert is_cleared(await http.get(SESSION, headers=cookie(revoked)))
    again = await sign_in(http, secret, **cookie(revoked, **OURS))
    assert again.headers.get_list("set-cookie")[0].startswith(f"{NAME}={secret};")
    assert len(again.headers.get_list("set-cookie")) == 1


async def test_a_cookie_of_another_database_is_taken_back(http: httpx2.AsyncClient) -> None:
    answer = await http.get(JOBS, headers=cookie("spool_of_before"))
    error(answer, 401, "key.wrong")
    assert is_cleared(answer)


async def test_a_wrong_key_in_a_header_takes_no_cookie_back(
    http: httpx2.AsyncClient, secret: str
) -> None:
    answer = await http.get(JOBS, headers=cookie(secret, **{"X-API-Key": "spool_x"}))
    error(answer, 401, "key.wrong")
    assert "set-cookie" not in answer.headers


# which of many


async def test_what_a_program_says_goes_before_what_a_browser_sends(
    spool: Spool, http: httpx2.AsyncClient, secret: str
) -> None:
    _, other = await spool.doors.keys.create("a program", {Scope.READ})
    for headers in ({"X-API-Key": other}, {"Authorization": f"Bearer {other}"}):
        told = await http.get(SESSION, headers=cookie(secret, **headers))
        assert told.json()["name"] == "a program"


async def test_a_password_that_the_browser_was_told_for_the_feed_hides_no_cookie(
    http: httpx2.AsyncClient, secret: str
) -> None:
    headers = cookie(secret, Authorization="Basic eDp5")
    assert (await http.get(SESSION, headers=headers)).json()["name"] == "a browser"


@pytest.mark.parametrize(
    "header", ["a=b; {0}", "{0}; spool_key=other", " {0} ;x", "spool_key=; {0}", "SPOOL_KEY=x;{0}"]
)
async def test_the_cookie_is_found_among_others(
    http: httpx2.AsyncClient, secret: str, header: str
) -> None:
    headers = {"Cookie": header.format(f"{NAME}={secret}")}
    assert (await http.get(JOBS, headers=headers)).status_code == 200


@pytest.mark.parametrize("header", ["", "spool_key", "spool_key=", ";;=", "xspool_key={0}"])
async def test_what_is_no_cookie_of_ours_is_as_good_as_none(
    http: httpx2.AsyncClient, secret: str, header: str
) -> None:
    answer = await http.get(JOBS, headers={"Cookie": header.format(secret)})
    error(answer, 401, "key.missing")


# pages elsewhere


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize("path", [JOBS, "/api/v1/search?q=x", "/watch/x", "/feed.atom"])
async def test_a_page_elsewhere_reads_nothing_by_the_cookie_also_a_neighbour_on_another_port(
    http: httpx2.AsyncClient, secret: str, headers: dict[str, str], path: str
) -> None:
    answer = await http.get(path, headers=cookie(secret, **headers))
    error(answer, 401, "key.missing")
    assert "set-cookie" not in answer.headers  # it is none of that page's business, and stays


@pytest.mark.parametrize("headers", [*ELSEWHERE, LINK])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_page_elsewhere_changes_nothing_by_the_cookie(
    http: httpx2.AsyncClient, secret: str, headers: dict[str, str], method: str
) -> None:
    """Pages of `cors_origins` among them: they may change something, with a key of their own."""
    answer = await http.request(method, "/api/v1/ingest", headers=cookie(secret, **headers))
    allowed = headers.get("Origin") in CLOSED.cors_origins
    if allowed and method in ("POST", "PUT"):
        error(answer, 401, "key.missing")
    elif allowed:
        error(answer, 405)
    else:
        error(answer, 403, "request.cross_site")


async def test_a_page_of_an_allowed_origin_has_its_own_key_and_not_the_cookies(
    http: httpx2.AsyncClient, secret: str
) -> None:
    for origin in CLOSED.cors_origins:
        there = {"Origin": origin, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
        error(await http.post(CHANGE, headers=cookie(secret, **there)), 401, "key.missing")
        answer = await http.post(CHANGE, headers=there | {"X-API-Key": secret})
        error(answer, 404)
        assert answer.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": APP, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_only_our_own_pages_sign_in_and_out(
    http: httpx2.AsyncClient, secret: str, headers: dict[str, str]
) -> None:
    for answer in (
        await sign_in(http, secret, **headers),
        await http.delete(SESSION, headers=cookie(secret, **headers)),
    ):
        error(answer, 403, "request.cross_site")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers", [LINK, {**LINK, "Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {}]
)
async def test_a_link_to_a_moment_opens_from_anywhere(
    http: httpx2.AsyncClient, secret: str, headers: dict[str, str]
) -> None:
    answer = await http.get("/watch/no-such?t=12.5", headers=cookie(secret, **headers))
    error(answer, 404, "asset.not_found")


@pytest.mark.parametrize(
    ("headers", "opens"),
    [
        (OURS, True),
        ({"Origin": HERE}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({}, False),
        ({"Referer": f"{HERE}/"}, False),
        ({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, False),
    ],
)
async def test_what_changes_something_by_the_cookie_needs_a_browsers_word_for_whose_page_it_is(
    http: httpx2.AsyncClient, secret: str, headers: dict[str, str], opens: bool
) -> None:
    answer = await http.post(CHANGE, headers=cookie(secret, **headers))
    error(answer, *((404, "job.not_found") if opens else (401, "key.missing")))


async def test_a_foreign_name_that_points_here_brings_no_key(
    http: httpx2.AsyncClient, secret: str
) -> None:
    """With keys any name will do, so the browser itself must keep the cookie from it."""
    await sign_in(http, secret, **OURS)
    assert (await http.get(f"{HERE}{JOBS}")).status_code == 200
    for name in ("evil.example", "sub.localhost", "localhost.evil.example", "127.0.0.1"):
        page = {"Origin": f"http://{name}", "Sec-Fetch-Site": "same-origin"}
        for answer in (
            await http.get(f"http://{name}{JOBS}"),
            await http.post(f"http://{name}{CHANGE}", headers=page),
        ):
            assert "cookie" not in answer.request.headers
            error(answer, 401, "key.missing")
