"""Paths and names that are spelt so that a guard and a route might read them differently."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.types import Message

from app.domain.keys import Scope
from app.web.operation import Door
from app.web.sender import SAFE
from app.web.table import DOORS
from tests.api.spool import Spool, opened
from tests.api.test_keys import CLOSED, OPEN, named

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Starlette once took the path for its checks from an address that it made of the Host header.
HOSTS = (
    *(b"localhost", b"", b"localhost/docs?", b"localhost/health#", b"localhost:8000/docs"),
    *(b"docs@localhost", b"localhost\\docs", b"localhost%2fdocs", b"[::1", b"evil.example"),
    *(b"localhost/feed.atom?", b"localhost, evil.example", b"\xff\xfe"),
)
SPELT = (
    *("{}", "{}/", "/{}", "//localhost{}", "{};/docs", "{}%2f", "{}%00", "{}\x00", "{}?/docs"),
    *(
        "/docs/..{}",
        "/docs/../{}",
        "/page/..{}",
        "/page/%2e%2e{}",
        "/.{}",
        "/docs/%2e%2e{}",
        "{}/.",
    ),
    *("http://localhost{}", "{}#/docs", "/shared{}", "/health{}", "\\{}"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Spool]:
    folder = tmp_path_factory.mktemp("tricks")
    async with opened(folder, model_folder, server={"require_keys": True}) as spool:
        yield spool


async def status(
    spool: Spool, method: str, path: str, host: bytes = b"localhost", secret: str = ""
) -> int:
    """As a server hands it on that decodes the path once and checks nothing."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host)]
    if secret:
        headers.append((b"x-api-key", secret.encode()))
    call: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.1", 1),
        "server": ("spool", 80),
    }
    await spool.asgi(call, receive, send)
    return int(sent[0]["status"])


def written(door: Door) -> str:
    return "/".join("x" if part.startswith("{") else part for part in door.path.split("/"))


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_whatever_the_host_is_called_a_closed_route_stays_closed(
    guarded: Spool, door: Door, method: str
) -> None:
    found = {host: await status(guarded, method, written(door), host) for host in HOSTS}
    assert set(found.values()) == {401}, found


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_however_a_path_is_spelt_no_closed_route_opens(
    guarded: Spool, door: Door, method: str
) -> None:
    """It leads to that route, which is closed, or to none."""
    for spelt in SPELT:
        path = spelt.format(written(door))
        found = await status(guarded, method, path)
        assert found in (401, 404, 405), (path, found)


async def test_no_spelling_of_an_open_route_does_what_a_closed_one_does(guarded: Spool) -> None:
    """A key of few rights does no more under another name or path."""
    _, secret = await guarded.doors.keys.create("x", {Scope.READ})
    admins = [
        (door, method)
        for door in DOORS
        for method, operation in door.operations.items()
        if operation.scope is Scope.ADMIN
    ]
    for door, method in admins:
        for host in HOSTS:
            assert await status(guarded, method, written(door), host, secret) == 403
        for spelt in SPELT:
            path = spelt.format(written(door))
            assert await status(guarded, method, path, secret=secret) in (403, 404, 405), path


async def test_what_is_open_answers_only_to_methods_that_change_nothing(guarded: Spool) -> None:
    """But where a key is typed in."""
    for door in DOORS:
        if door.path in OPEN - {"/api/v1/session"}:
            assert set(door.operations) <= SAFE
