"""Who asks too often waits, and nobody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.keys import Scope as KeyScope
from app.web.app import application
from app.web.doors import Doors
from app.web.gate import Gate
from app.web.limits import WRONG_KEYS
from app.web.sender import address
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

FEW = 5


@asynccontextmanager
async def gated(doors: Doors, gate: Gate) -> AsyncIterator[httpx2.AsyncClient]:
    """The same house behind another gate. The header `From` is the client's address."""
    behind = doors_behind(doors, gate)
    asgi = from_anywhere(application(behind), behind)
    transport = httpx2.ASGITransport(app=asgi)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


def doors_behind(doors: Doors, gate: Gate) -> Doors:
    return Doors(**{**doors.__dict__, "gate": gate})


def from_anywhere(app: ASGIApp, doors: Doors) -> ASGIApp:
    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        where = dict(scope["headers"]).get(b"from", b"192.0.2.1").decode()
        await app({**scope, "state": {"doors": doors}, "client": (where, 1)}, receive, send)

    return asgi


async def statuses(
    http: httpx2.AsyncClient, number: int, path: str = "/health", **headers: str
) -> list[int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [(await http.get(path, headers=named)).status_code for _ in range(number)]


async def test_an_address_that_asks_too_often_is_told_when_to_come_back(spool: Spool) -> None:
    async with gated(spool.doors, Gate(requests_a_minute=FEW)) as http:
        assert await statuses(http, FEW) == [200] * FEW
        answer = await http.get("/health")
        error(answer, 429, "rate.limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert await statuses(http, 1, From="192.0.2.2") == [200]


async def test_every_path_counts_also_one_that_is_not_there(spool: Spool) -> None:
    async with gated(spool.doors, Gate(requests_a_minute=FEW)) as http:
        assert await statuses(http, FEW + 1, "/nothing") == [404] * FEW + [429]


async def test_under_v1_it_is_told_in_the_shape_of_openai(spool: Spool) -> None:
    async with gated(spool.doors, Gate(requests_a_minute=1)) as http:
        await http.get("/v1/models")
        answer = await http.get("/v1/models")
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def test_each_key_has_its_own_whatever_address_it_comes_from(spool: Spool) -> None:
    gate = Gate(keys_required=True, requests_a_minute=FEW)
    one, other = [(await spool.doors.keys.create("x", {KeyScope.READ}))[1] for _ in range(2)]
    async with gated(spool.doors, gate) as http:
        asked = [
            (await statuses(http, 1, X_API_Key=one, From=f"192.0.2.{number}"))[0]
            for number in range(FEW + 1)
        ]
        assert asked == [200] * FEW + [429]
        assert await statuses(http, FEW, X_API_Key=other) == [200] * FEW
        assert await statuses(http, 1) == [200]
    await spool.doors.keys.settle()


async def test_no_limit_is_no_limit(spool: Spool) -> None:
    async with gated(spool.doors, Gate()) as http:
        assert set(await statuses(http, 50)) == {200}


@pytest.mark.usefixtures("standing_pace")
async def test_who_tries_wrong_keys_has_to_wait_but_not_who_has_the_right_one(
    spool: Spool,
) -> None:
    _, known = await spool.doors.keys.create("x", {KeyScope.READ})
    _, fresh = await spool.doors.keys.create("x", {KeyScope.READ})
    path = "/api/v1/jobs"
    async with gated(spool.doors, Gate(keys_required=True)) as http:
        assert await statuses(http, 1, path, X_API_Key=known) == [200]
        tried = await statuses(http, WRONG_KEYS + 1, path, X_API_Key="spool_guess")
        assert tried == [401] * WRONG_KEYS + [429]
        answer = await http.get(path, headers={"X-API-Key": fresh})
        error(answer, 429, "rate.limited")
        assert int(answer.headers["retry-after"]) > 0
        assert await statuses(http, 1, path, X_API_Key=known) == [200]
        assert await statuses(http, 1, path, X_API_Key=fresh, From="192.0.2.2") == [200]
    await spool.doors.keys.settle()


@pytest.mark.parametrize(
    ("client", "counted_as"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("testclient", 1), "testclient"),
        (None, "local"),
    ],
)
async def test_an_ipv6_network_counts_as_one_address(
    client: tuple[str, int] | None, counted_as: str
) -> None:
    assert address({"type": "http", "client": client}) == counted_as
