"""Who tries keys: what it costs, however many they try and from wherever."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.domain.keys import ApiKey
from app.ports import KeyStore
from app.services.keys import MOST_KNOWN, KeyService
from app.web.gate import Gate
from app.web.limits import WRONG_KEYS, Limits
from app.web.pace import MOST_NAMES, Pace


class Keyless:
    """A store without keys, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def find(self, digest: str) -> ApiKey | None:
        self.asked += 1
        return None

    async def list(self) -> Sequence[ApiKey]:
        return ()


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})


@pytest.fixture
def store() -> Keyless:
    return Keyless()


@pytest.fixture
def keys(store: Keyless) -> KeyService:
    return KeyService(cast(KeyStore, store))


@pytest.fixture
def limits(keys: KeyService, monkeypatch: pytest.MonkeyPatch) -> Limits:
    """However long a test takes, no bucket fills."""
    monkeypatch.setattr("app.web.limits.Pace", partial(Pace, clock=lambda: 0.0))
    return Limits(inside, gate=Gate(keys_required=True), keys=keys)


async def status(limits: Limits, secret: str, address: str) -> int:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [(b"x-api-key", secret.encode())],
        "client": (address, 1),
        "server": ("spool", 80),
    }
    await limits(scope, cast(Receive, None), send)
    return int(sent[0]["status"])


async def test_ten_thousand_wrong_keys_cost_thirty_looks(limits: Limits, store: Keyless) -> None:
    found = [await status(limits, f"spool_{number}", "192.0.2.1") for number in range(10_000)]
    assert found == [204] * WRONG_KEYS + [429] * (10_000 - WRONG_KEYS)
    assert store.asked == WRONG_KEYS
    assert await status(limits, "spool_x", "192.0.2.2") == 204


async def test_a_network_of_version_6_counts_as_one_address(limits: Limits, store: Keyless) -> None:
    for number in range(1000):
        await status(limits, "spool_x", f"2001:db8::{number:x}")
    assert store.asked == WRONG_KEYS


async def test_what_is_kept_of_those_who_try_does_not_grow(
    limits: Limits, keys: KeyService
) -> None:
    for number in range(MOST_NAMES + 1000):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        await status(limits, f"spool_{number}", address)
    assert len(limits._wrong) <= MOST_NAMES and len(limits._told) <= MOST_NAMES
    assert len(keys._known) <= MOST_KNOWN and not keys._revoked
