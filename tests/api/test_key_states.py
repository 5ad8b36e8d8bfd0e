"""Every closed route with every kind of key that a client may come with."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from app.domain.keys import Scope
from app.services.keys import KeyService
from app.web import session_cookie
from app.web.credentials import AGENTS, FEED
from app.web.operation import Door
from app.web.sender import SAFE
from tests.api.spool import Spool, opened
from tests.api.test_keys import CLOSED, LEAST, Guarded, named, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

Headers = dict[str, str]
OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
THEIRS = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
#: Each test comes from an address of its own: wrong keys are counted.
ADDRESSES = (f"192.0.2.{number}" for number in count(1))


def bearer(secret: str) -> Headers:
    return {"Authorization": f"Bearer {secret}"}


def cookie(secret: str) -> Headers:
    return {"Cookie": f"{session_cookie.NAME}={secret}"}


def with_cookie(secret: str) -> Headers:
    """As our own page sends it."""
    return {**cookie(secret), **OURS}


def basic(secret: str) -> Headers:
    pair = base64.b64encode(f"reader:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


#: What comes with the request, of a key that would open, and the code of the refusal.
KEYLESS: dict[str, tuple[Callable[[str], Headers], str]] = {
    "none": (lambda _: {}, "key.missing"),
    "no word for it": (lambda secret: {"Authorization": secret}, "key.missing"),
    "another word": (lambda secret: {"Authorization": f"Token {secret}"}, "key.missing"),
    "an empty one": (lambda _: bearer(""), "key.missing"),
    "an empty one beside a cookie of others": (
        lambda secret: {**bearer(""), **cookie(secret), **THEIRS},
        "key.missing",
    ),
    "a cookie that another site has sent": (
        lambda secret: {**cookie(secret), **THEIRS},
        "key.missing",
    ),
    "a cookie of another name": (
        lambda secret: {"Cookie": f"key={secret}", **OURS},
        "key.missing",
    ),
    "a wrong one": (lambda _: bearer("spool_wrong"), "key.wrong"),
    "one letter less": (lambda secret: bearer(secret[:-1]), "key.wrong"),
    "one letter more": (lambda secret: bearer(secret + "x"), "key.wrong"),
    "in other letters": (lambda secret: bearer(secret.swapcase()), "key.wrong"),
    "with words around it": (lambda secret: bearer(f"{secret}, {secret}"), "key.wrong"),
    "far too long": (lambda secret: bearer(secret * 100), "key.wrong"),
    "a wrong one before a right one": (
        lambda secret: {**bearer("spool_wrong"), "X-API-Key": secret},
        "key.wrong",
    ),
    "a wrong one before a cookie of ours": (
        lambda secret: {**bearer("spool_wrong"), **cookie(secret), **OURS},
        "key.wrong",
    ),
    "a wrong cookie": (lambda _: {**cookie("spool_wrong"), **OURS}, "key.wrong"),
    "the digest that is stored": (lambda secret: bearer(digest(secret)), "key.wrong"),
}
KEYED: dict[str, Callable[[str], Headers]] = {
    "bearer": bearer,
    "a header of its own": lambda secret: {"X-API-Key": secret},
    "a cookie that our own page sends": with_cookie,
}


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("states")
    async with opened(folder, model_folder, server={"require_keys": True}) as spool:
        secrets = {each: (await spool.doors.keys.create(each, {each}))[1] for each in Scope}
        yield Guarded(spool=spool, secrets=secrets)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(guarded: Guarded) -> tuple[str, str]:
    """One that is expired, and one that is revoked."""
    keys = guarded.spool.doors.keys
    long_ago = datetime.now(UTC) - timedelta(days=1)
    before = KeyService(keys._store, lambda: long_ago)
    _, expired = await before.create("x", set(Scope), long_ago + timedelta(hours=1))
    key_id, revoked = await guarded.made(*Scope)
    await keys.revoke(key_id)
    return expired, revoked


@asynccontextmanager
async def calling(spool: Spool) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(
        app=spool.asgi, raise_app_exceptions=False, client=(next(ADDRESSES), 1)
    )
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


def path_of(door: Door) -> str:
    return "/".join("x" if part.startswith("{") else part for part in door.path.split("/"))


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_no_route_opens_to_what_is_no_key(guarded: Guarded, door: Door, method: str) -> None:
    secret = guarded.secrets[Scope.ADMIN]
    async with calling(guarded.spool) as http:
        for state, (headers, code) in KEYLESS.items():
            given = headers(secret)
            answer = await http.request(method, path_of(door), headers=given)
            elsewhere = given.items() >= THEIRS.items() and method not in SAFE
            cookie_alone = "Cookie" in given and "Authorization" not in given
            if door.path == AGENTS and cookie_alone:
                code = "key.missing"  # no cookie is a key there
            expected = (403, "request.cross_site") if elsewhere else (401, code)
            try:
                refusal(answer, expected[0], door.path, expected[1])
            except AssertionError as error:
                raise AssertionError(f"{state}: {error}") from error
            assert secret not in answer.text


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_a_password_opens_the_feed_and_no_other_route(
    guarded: Guarded, door: Door, method: str
) -> None:
    async with calling(guarded.spool) as http:
        headers = basic(guarded.secrets[Scope.ADMIN])
        answer = await http.request(method, path_of(door), headers=headers)
    assert (answer.status_code == 401) == (door.path != FEED)


@pytest.mark.parametrize("way", KEYED)
@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_a_key_is_as_good_however_it_comes(
    guarded: Guarded, ended: tuple[str, str], door: Door, method: str, way: str
) -> None:
    """Expired, revoked, of a foreign scope, of the scope that is wanted, and an admin's. Where
    agents call, it comes in a header or not at all."""
    wanted = door.operations[method].scope
    assert wanted is not None
    asked = {"no-such": "1"}
    async with calling(guarded.spool) as http:

        async def told(secret: str) -> httpx2.Response:
            headers = KEYED[way](secret)
            return await http.request(method, path_of(door), headers=headers, params=asked)

        if door.path == AGENTS and KEYED[way] is with_cookie:
            refusal(await told(guarded.secrets[Scope.ADMIN]), 401, door.path, "key.missing")
            return
        for secret, code in zip(ended, ("key.expired", "key.revoked"), strict=True):
            refusal(await told(secret), 401, door.path, code)
        refusal(await told(guarded.secrets[LEAST[wanted]]), 403, door.path, "key.scope")
        for scope in (wanted, Scope.ADMIN):
            assert (await told(guarded.secrets[scope])).status_code not in (401, 403, 500)
