"""How wide the doors stand: what the settings make of the gate, and what is warned of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.sql.database import Database
from app.adapters.sql.keys import SqlKeyStore
from app.bootstrap.gate import RATE_LIMIT, gate_of, warn_without_keys
from app.config import Server, load_settings
from app.domain.errors import ConfigError
from app.domain.keys import Scope
from app.services.keys import KeyService
from tests.contracts.conftest import migrated_file


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[KeyService]:
    async with Database(f"sqlite:///{migrated_file(tmp_path)}") as database:
        yield KeyService(SqlKeyStore(database))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1"])
def test_on_this_machine_the_doors_are_open(host: str) -> None:
    gate = gate_of(Server(host=host))
    assert (gate.keys_required, gate.requests_a_minute) == (False, 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box", "localhost.example", ""])
def test_anywhere_else_they_want_keys_and_have_limits(host: str) -> None:
    gate = gate_of(Server(host=host))
    assert (gate.keys_required, gate.requests_a_minute) == (True, RATE_LIMIT)


def test_settings_overrule_both() -> None:
    gate = gate_of(Server(require_keys=True, rate_limit=7))
    assert (gate.keys_required, gate.requests_a_minute) == (True, 7)
    gate = gate_of(Server(host="0.0.0.0", require_keys=False, rate_limit=0))
    assert (gate.keys_required, gate.requests_a_minute) == (False, 0)


def test_where_only_this_machine_comes_a_proxy_is_refused_unless_keys_are_spoken_of() -> None:
    assert gate_of(Server()).no_proxy
    for server in (
        Server(require_keys=False),
        Server(require_keys=True),
        Server(host="0.0.0.0"),
        Server(host="0.0.0.0", require_keys=False),
    ):
        assert not gate_of(server).no_proxy


def test_names_of_the_network_are_ours_only_where_the_network_comes_in() -> None:
    assert not gate_of(Server()).neighbours_names
    assert gate_of(Server(host="0.0.0.0")).neighbours_names


async def test_a_start_that_no_key_could_open_says_which_command_makes_one(
    keys: KeyService, warnings_told: list[str]
) -> None:
    await warn_without_keys(Server(host="0.0.0.0"), keys)
    assert "spool keys create --name admin --scope admin" in warnings_told.pop()
    key, _ = await keys.create("x", {Scope.ADMIN})
    await warn_without_keys(Server(host="0.0.0.0"), keys)
    assert warnings_told == []
    await keys.revoke(key.key_id)
    await warn_without_keys(Server(host="0.0.0.0"), keys)
    assert "there is none" in warnings_told.pop()


async def test_doors_that_are_open_to_a_network_are_warned_of(
    keys: KeyService, warnings_told: list[str]
) -> None:
    await warn_without_keys(Server(), keys)
    assert warnings_told == []
    await warn_without_keys(Server(host="0.0.0.0", require_keys=False), keys)
    assert "need no API key" in warnings_told.pop()


@pytest.mark.parametrize("require_keys", [None, False])
async def test_doors_that_a_proxy_may_open_to_everybody_are_warned_of(
    keys: KeyService, warnings_told: list[str], require_keys: bool | None
) -> None:
    server = Server(allowed_hosts=("spool.example",), require_keys=require_keys)
    await warn_without_keys(server, keys)
    [told] = warnings_told
    assert "allowed_hosts" in told and "require_keys = true" in told


@pytest.mark.parametrize("origin", ["https://app.example", "http://localhost:3000"])
def test_an_origin_is_taken_as_a_browser_writes_it(origin: str) -> None:
    assert load_settings(server={"cors_origins": [origin]}).server.cors_origins == (origin,)


@pytest.mark.parametrize(
    "origin", ["*", "app.example", "https://app.example/", "https://App.example", "ftp://x", "null"]
)
def test_what_no_browser_would_send_as_origin_is_refused(origin: str) -> None:
    with pytest.raises(ConfigError, match=r"cors_origins.*origin"):
        load_settings(server={"cors_origins": [origin]})
