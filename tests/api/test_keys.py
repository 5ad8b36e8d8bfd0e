"""API keys at the door: every route of the table with every kind of key."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.domain.keys import Scope
from app.services.keys import KeyService
from app.web.openai_errors import spoken_under
from app.web.operation import Door
from app.web.table import DOORS
from tests.api.spool import Spool, error, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEAST = {Scope.READ: Scope.INGEST, Scope.INGEST: Scope.READ, Scope.ADMIN: Scope.READ}
ROUTES = [(door, method) for door in DOORS for method in door.operations]
CLOSED = [(door, method) for door, method in ROUTES if door.operations[method].scope]
#: Of resumable uploads: what the service can do.
DISCOVERY = [(door, method) for door, method in ROUTES if method == "OPTIONS"]
OPEN = {
    *(
        "/",
        "/page/{file:path}",
        "/health",
        "/health/live",
        "/health/ready",
        "/docs",
        "/docs/{file}",
        "/docs/guide",
        "/docs/guide/{page}",
        "/openapi.json",
    ),
    *("/api/v1/session", "/shared/{token}", "/favicon.ico"),
}
BODY = b"never to be read"
FAR = "9999-12-31T23:59:59-14:00"  # in UTC it has five digits


def named(value: object) -> str:
    return value.path if isinstance(value, Door) else str(value)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A service that wants keys, and one secret for each scope."""

    spool: Spool
    secrets: dict[Scope, str]

    async def ask(
        self, door: Door, method: str, secret: str | None, **more: Any
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        path = "/".join("x" if part.startswith("{") else part for part in door.path.split("/"))
        return await self.spool.http.request(method, path, headers=headers, **more)

    async def made(self, *scopes: Scope) -> tuple[str, str]:
        """The id and the secret of a new key."""
        key, secret = await self.spool.doors.keys.create("of the tests", scopes)
        return key.key_id, secret


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    async with opened(folder, model_folder, server={"require_keys": True}) as spool:
        secrets = {each: (await spool.doors.keys.create(each, {each}))[1] for each in Scope}
        yield Guarded(spool=spool, secrets=secrets)


def refusal(answer: httpx2.Response, status: int, path: str, code: str) -> None:
    """In the shape of the surface."""
    if answer.request.method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
        return
    if not spoken_under(path):
        error(answer, status, code)
        return
    assert answer.status_code == status, answer.text
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def unread() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read before the key")
    yield b""


# every route


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_no_route_opens_without_a_key(guarded: Guarded, door: Door, method: str) -> None:
    for body in (BODY, None):
        answer = await guarded.ask(door, method, None, content=body)
        refusal(answer, 401, door.path, "key.missing")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_no_route_opens_to_a_key_that_is_expired_or_revoked(
    guarded: Guarded, door: Door, method: str, expired: str, revoked: str
) -> None:
    for secret, code in ((expired, "key.expired"), (revoked, "key.revoked")):
        answer = await guarded.ask(door, method, secret, content=BODY)
        refusal(answer, 401, door.path, code)
        assert "www-authenticate" in answer.headers


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_no_route_opens_to_a_foreign_scope(guarded: Guarded, door: Door, method: str) -> None:
    wanted = door.operations[method].scope
    assert wanted is not None
    answer = await guarded.ask(door, method, guarded.secrets[LEAST[wanted]], content=BODY)
    refusal(answer, 403, door.path, "key.scope")


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_no_route_reads_a_body_before_it_has_seen_the_key(
    guarded: Guarded, door: Door, method: str
) -> None:
    answer = await guarded.ask(door, method, None, content=unread())
    assert answer.status_code == 401


@pytest.mark.parametrize(("door", "method"), CLOSED, ids=named)
async def test_every_route_opens_to_its_own_scope(
    guarded: Guarded, door: Door, method: str
) -> None:
    wanted = door.operations[method].scope
    assert wanted is not None
    answer = await guarded.ask(door, method, guarded.secrets[wanted], params={"no-such": "1"})
    assert answer.status_code not in (401, 403, 500), answer.text


async def test_a_job_belongs_to_the_key_that_asked_for_it(guarded: Guarded, speech: bytes) -> None:
    """Jobs of one key take turns with those of another."""
    asked = [await guarded.made(Scope.INGEST, Scope.READ) for _ in range(2)]
    for key_id, secret in asked:
        answer = await guarded.spool.http.post(
            "/api/v1/ingest?filename=talk.wav",
            headers={"X-API-Key": secret},
            content=speech,
        )
        job = await guarded.spool.doors.jobs.get(answer.json()["job_id"])
        assert job.requester == key_id


async def test_only_what_must_be_open_is_open() -> None:
    found = {door.path for door, method in ROUTES if (door, method) not in CLOSED + DISCOVERY}
    assert found == OPEN


async def test_deleting_and_keys_are_for_admins() -> None:
    asked = {
        (door.path, method): door.operations[method].scope
        for door, method in ROUTES
        if method == "DELETE" or door.path.startswith("/api/v1/keys")
    }
    exempt = {
        ("/api/v1/uploads/{upload_id}", "DELETE"),  # one's own, before it is a job
        ("/api/v1/shares/{share_id}", "DELETE"),  # nothing is lost but the way to it
        ("/api/v1/session", "DELETE"),  # the browser's own
    }
    assert {each for each, scope in asked.items() if scope is not Scope.ADMIN} <= exempt


# ways to send a key


@pytest.fixture
async def expired(guarded: Guarded) -> str:
    store_time = datetime.now(UTC) - timedelta(days=1)
    keys = KeyService(guarded.spool.doors.keys._store, lambda: store_time)
    _, secret = await keys.create("x", set(Scope), store_time + timedelta(hours=1))
    return secret


@pytest.fixture
async def revoked(guarded: Guarded) -> str:
    key_id, secret = await guarded.made(*Scope)
    await guarded.spool.doors.keys.revoke(key_id)
    return secret


@pytest.mark.parametrize("name", ["Authorization", "authorization", "X-API-Key"])
@pytest.mark.parametrize("kind", ["Bearer ", "bearer ", "BEARER   "])
async def test_a_key_comes_as_bearer_or_in_a_header_of_its_own(
    guarded: Guarded, name: str, kind: str
) -> None:
    secret = guarded.secrets[Scope.READ]
    headers = {name: secret if name.startswith("X") else kind + secret}
    answer = await guarded.spool.http.get("/api/v1/jobs", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic c3Bvb2w6c3Bvb2w="},
        {"X-API-Key": ""},
        {"X-API-Key": "  "},
    ],
)
async def test_what_is_no_key_is_as_good_as_none(guarded: Guarded, headers: dict[str, str]) -> None:
    answer = await guarded.spool.http.get("/api/v1/jobs", headers=headers)
    error(answer, 401, "key.missing")


async def test_a_key_in_the_address_is_none(guarded: Guarded) -> None:
    """It would stand in logs and histories."""
    secret = guarded.secrets[Scope.ADMIN]
    for name in ("key", "api_key", "token", "access_token"):
        answer = await guarded.spool.http.get("/api/v1/jobs", params={name: secret})
        error(answer, 401, "key.missing")


async def test_a_wrong_key_is_told_nothing(guarded: Guarded) -> None:
    secret = guarded.secrets[Scope.READ]
    said = set()
    for wrong in ("spool_x", secret[:-1], "x" * 10_000, "caf\xe9"):
        headers = {b"Authorization": f"Bearer {wrong}".encode("latin-1")}
        answer = await guarded.spool.http.get("/api/v1/jobs", headers=headers)
        found = error(answer, 401, "key.wrong")
        said.add((found["message"], found["hint"]))
        assert wrong not in answer.text
    assert len(said) == 1


async def test_head_wants_the_key_that_get_does(guarded: Guarded) -> None:
    http, secret = guarded.spool.http, guarded.secrets[Scope.READ]
    assert (await http.head("/api/v1/jobs")).status_code == 401
    assert (await http.head("/api/v1/jobs", headers={"X-API-Key": secret})).status_code == 200


async def test_what_is_not_there_is_not_there_with_or_without_a_key(guarded: Guarded) -> None:
    error(await guarded.spool.http.get("/nothing"), 404, "route.not_found")
    error(await guarded.spool.http.put("/api/v1/keys"), 405, "route.method_not_allowed")


async def test_health_is_open_and_tells_its_reasons_to_readers_only(guarded: Guarded) -> None:
    class Failing:
        async def report(self) -> dict[str, Any]:
            told = await whole.report()
            ready = told["ready"] | {"index": "failed: no such file /srv/index"}
            return told | {"ready": ready, "disk": "low: 3 MiB free"}

    async def told(**headers: str) -> Any:
        answer = await guarded.spool.http.get("/health", headers=headers)
        assert answer.status_code == 200
        return answer.json()

    doors = guarded.spool.doors
    whole = doors.health
    object.__setattr__(doors, "health", Failing())
    try:
        for short in (await told(), await told(Authorization="Bearer wrong")):
            assert short["ready"]["index"] == "failed" and short["disk"] == "low"
            assert "/srv" not in str(short) and "3 MiB" not in str(short)
        read = guarded.secrets[Scope.READ]
        assert "/srv/index" in (await told(Authorization=f"Bearer {read}"))["ready"]["index"]
    finally:
        object.__setattr__(doors, "health", whole)
    assert (await told())["status"] == "ok"


# keys over HTTP


async def test_a_key_is_made_used_listed_and_revoked(guarded: Guarded) -> None:
    http = guarded.spool.http
    admin = {"X-API-Key": guarded.secrets[Scope.ADMIN]}
    asked = {"name": "phone", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00+02:00"}
    answer = await http.post("/api/v1/keys", headers=admin, json=asked)
    assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert made["expires_at"] == "2998-12-31T22:00:00+00:00"
    own = {"X-API-Key": made.pop("secret")}
    assert (await http.get("/api/v1/jobs", headers=own)).status_code == 200
    await guarded.spool.doors.keys.settle()
    [listed] = [
        each
        for each in (await http.get("/api/v1/keys", headers=admin)).json()["keys"]
        if each["key_id"] == made["key_id"]
    ]
    assert listed.pop("last_used_at") and made.pop("last_used_at") is None
    assert listed == made and own["X-API-Key"] not in str(listed)
    gone = await http.delete(f"/api/v1/keys/{made['key_id']}", headers=admin)
    assert (gone.status_code, gone.content) == (204, b"")
    error(await http.get("/api/v1/jobs", headers=own), 401, "key.revoked")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "a\u0085b", "scopes": ["read"]}, "name"),
        ({"name": "x" * 201, "scopes": ["read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": "read"}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes"),
        ({"name": "x", "scopes": ["read"] * 11}, "scopes"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"name": "x", "scopes": ["read"], "expires_at": FAR}, "expires_at"),
        ({"name": "x", "scopes": ["read"], "secret": "mine"}, "secret"),
    ],
)
async def test_a_key_that_is_asked_for_in_a_wrong_way_is_not_made(
    guarded: Guarded, body: dict[str, Any], field: str
) -> None:
    before = len(await guarded.spool.doors.keys.list())
    headers = {"X-API-Key": guarded.secrets[Scope.ADMIN]}
    answer = await guarded.spool.http.post("/api/v1/keys", headers=headers, json=body)
    assert field in error(answer, 422, "request.invalid")["message"]
    assert len(await guarded.spool.doors.keys.list()) == before


async def test_an_unknown_key_cannot_be_revoked(guarded: Guarded) -> None:
    headers = {"X-API-Key": guarded.secrets[Scope.ADMIN]}
    answer = await guarded.spool.http.delete("/api/v1/keys/no-such", headers=headers)
    error(answer, 404, "key.not_found")


# bodies


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"name": "x", "scopes": ["read"], "name": "y"}', "name: given twice"),
        (b'{"name": "x", "scopes": [NaN]}', "NaN"),
        (b'{"name": ' + b"[" * 500_000, "not JSON"),
        (b'{"name": ' + b'{"a":' * 100_000, "not JSON"),
        (b'{"name": ' + b"9" * 100_000 + b"}", "not JSON"),
        (b'{"name": "\xff", "scopes": []}', "not JSON"),
    ],
)
async def test_a_body_that_two_may_read_differently_or_none_at_all_is_refused(
    guarded: Guarded, body: bytes, word: str
) -> None:
    headers = {"X-API-Key": guarded.secrets[Scope.ADMIN], "Content-Type": "application/json"}
    answer = await guarded.spool.http.post("/api/v1/keys", headers=headers, content=body)
    assert word in error(answer, 422, "request.invalid")["message"]


# keys that are off


async def test_while_keys_are_off_a_key_is_not_even_looked_at(spool: Spool) -> None:
    for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
        assert (await spool.http.get("/api/v1/jobs", headers=headers)).status_code == 200
