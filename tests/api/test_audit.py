"""What only few may do stands in the log, with who did it and from where."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from loguru import logger

from app.domain.keys import Scope
from app.web.limits import WRONG_KEYS
from app.web.operation import Door
from app.web.table import DOORS
from tests.api.spool import Spool, opened
from tests.api.test_keys import Guarded, named

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDITED = [(door, method) for door in DOORS for method in door.audited]
HERE = "127.0.0.1"
TOO_OFTEN = "too many wrong keys"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("audited")
    async with opened(folder, model_folder, server={"require_keys": True}) as spool:
        secrets = {each: (await spool.doors.keys.create(each, {each}))[1] for each in Scope}
        yield Guarded(spool=spool, secrets=secrets)


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """Lines of the audit from now on: what is bound to each, and its words."""
    lines: list[dict[str, Any]] = []

    def keep(message: Any) -> None:
        record = message.record
        lines.append({**record["extra"], "message": record["message"]})

    sink = logger.add(keep, level="INFO", filter=lambda record: "audit" in record["extra"])
    yield lines
    logger.remove(sink)


async def key_id(spool: Spool, scope: Scope) -> str:
    return next(key.key_id for key in await spool.doors.keys.list() if key.name == scope)


async def test_of_all_that_needs_an_admin_and_changes_something_the_log_tells() -> None:
    assert {(method, door.path) for door, method in AUDITED} == {
        ("DELETE", "/api/v1/jobs/{job_id}"),
        ("DELETE", "/api/v1/assets/{asset_id:asset}"),
        ("PUT", "/api/v1/engines/default"),
        ("POST", "/build-index"),
        ("POST", "/api/v1/keys"),
        ("PATCH", "/api/v1/keys/{key_id}"),
        ("DELETE", "/api/v1/keys/{key_id}"),
        ("POST", "/api/v1/shares"),
        ("DELETE", "/api/v1/shares/{share_id}"),
        ("POST", "/api/v1/dead-letters/replay"),
        ("POST", "/api/v1/retention"),
        ("POST", "/api/v1/retention/orphans"),
    }


@pytest.mark.parametrize(("door", "method"), AUDITED, ids=named)
async def test_who_did_it_is_told_with_key_address_and_outcome(
    guarded: Guarded, told: list[dict[str, Any]], door: Door, method: str
) -> None:
    asked = {"no-such": "1"}
    answer = await guarded.ask(door, method, guarded.secrets[Scope.ADMIN], params=asked)
    [line] = told
    assert line["action"] == door.operations[method].name
    assert line["by"] == await key_id(guarded.spool, Scope.ADMIN)
    assert (line["origin"], line["outcome"]) == (HERE, str(answer.status_code))
    assert line["by"] in line["message"] and HERE in line["message"]
    assert guarded.secrets[Scope.ADMIN] not in str(line)


@pytest.mark.parametrize(("door", "method"), AUDITED, ids=named)
async def test_who_may_not_do_it_is_told_and_who_has_no_key_is_not(
    guarded: Guarded, told: list[dict[str, Any]], door: Door, method: str
) -> None:
    await guarded.ask(door, method, None)
    await guarded.ask(door, method, "spool_wrong")
    assert not any("action" in line for line in told)
    told.clear()
    await guarded.ask(door, method, guarded.secrets[Scope.READ])
    assert [line["outcome"] for line in told] == ["key.scope"]
    assert told[0]["by"] == await key_id(guarded.spool, Scope.READ)


async def test_what_follows_from_it_carries_whose_doing_it_was(guarded: Guarded) -> None:
    lines: list[tuple[str, Any]] = []

    def keep(message: Any) -> None:
        lines.append((message.record["message"], message.record["extra"].get("by")))

    sink = logger.add(keep, level="INFO")
    try:
        headers = {"X-API-Key": guarded.secrets[Scope.ADMIN]}
        asked = {"name": "phone", "scopes": ["read"]}
        answer = await guarded.spool.http.post("/api/v1/keys", headers=headers, json=asked)
    finally:
        logger.remove(sink)
    admin = await key_id(guarded.spool, Scope.ADMIN)
    made = f"key {answer.json()['key_id']} (phone) is made: read"
    assert (made, admin) in lines
    assert answer.json()["secret"] not in str(lines)


async def test_reading_is_not_told(guarded: Guarded, told: list[dict[str, Any]]) -> None:
    for path in ("/api/v1/keys", "/api/v1/jobs", "/health"):
        headers = {"X-API-Key": guarded.secrets[Scope.ADMIN]}
        assert (await guarded.spool.http.get(path, headers=headers)).status_code == 200
    assert told == []


async def test_an_address_that_tries_keys_is_told_once_a_minute(
    tmp_path: Path, model_folder: Path, told: list[dict[str, Any]]
) -> None:
    async with opened(tmp_path, model_folder, server={"require_keys": True}) as spool:
        for number in range(WRONG_KEYS * 2):
            headers = {"X-API-Key": f"spool_{number}"}
            answer = await spool.http.get("/api/v1/jobs", headers=headers)
    assert answer.status_code == 429
    said = [line["message"] for line in told]
    assert said == [f"{HERE}: a wrong key", f"{HERE}: {TOO_OFTEN}"]
