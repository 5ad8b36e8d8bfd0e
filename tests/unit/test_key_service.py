"""API keys: what is kept of them, when they stop opening, and what a look at them costs."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.sql.database import Database
from app.adapters.sql.keys import SqlKeyStore
from app.domain.errors import InvalidRequest, NotFound, StorageFull, Unauthorized
from app.domain.keys import ApiKey, Scope
from app.domain.quotas import USUAL, Quota
from app.services.keys import KeyService
from tests.contracts.conftest import SteppedClock, migrated_file


class Counting(SqlKeyStore):
    """Counts its calls; fails to note uses when told to; a gate holds back what was found."""

    finds = 0
    digest = ""
    notes = 0
    full = False
    gate: asyncio.Event | None = None

    async def find(self, digest: str) -> ApiKey | None:
        self.finds += 1
        self.digest = digest
        found = await super().find(digest)
        if self.gate is not None:
            await self.gate.wait()
        return found

    async def note_use(self, key_id: str) -> ApiKey | None:
        self.notes += 1
        if self.full:
            raise StorageFull("the disk is full")
        return await super().note_use(key_id)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Counting]:
    async with Database(f"sqlite:///{migrated_file(tmp_path)}") as database:
        yield Counting(database, clock)


@pytest.fixture
def service(store: Counting, clock: SteppedClock) -> KeyService:
    return KeyService(store, clock)


async def test_a_key_may_keep_what_it_was_given_also_once_it_is_revoked(
    service: KeyService,
) -> None:
    key, _ = await service.create("camera", [Scope.INGEST], None, Quota(bytes=7))
    await service.create("other", [Scope.INGEST])
    await service.revoke(key.key_id)
    assert await service.quota_of(key.key_id) == Quota(bytes=7)
    assert await service.quota_of("none at all") == USUAL


async def refused(service: KeyService, secret: str) -> str:
    with pytest.raises(Unauthorized) as caught:
        await service.verify(secret)
    return caught.value.code


def whole(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_the_secret_is_told_once_and_kept_nowhere(
    service: KeyService, tmp_path: Path
) -> None:
    key, secret = await service.create("laptop", {Scope.READ})
    assert secret.startswith("spool_") and len(secret) == len("spool_") + 43
    assert (await service.verify(secret)).key_id == key.key_id
    await service.settle()
    assert secret not in repr(await service.list())
    kept = await asyncio.to_thread(whole, tmp_path)
    assert b"laptop" in kept and secret.removeprefix("spool_").encode() not in kept


async def test_no_two_secrets_are_alike(service: KeyService) -> None:
    made = [await service.create("x", {Scope.READ}) for _ in range(20)]
    assert len({secret for _, secret in made}) == len({key.key_id for key, _ in made}) == 20


async def test_what_is_no_key_opens_nothing(service: KeyService) -> None:
    key, secret = await service.create("laptop", {Scope.ADMIN})
    wrong = ["", "spool_", secret[:-1], secret + "x", secret.upper(), key.key_id, "\ud800"]
    for text in [*wrong, "x" * 1_000_000]:
        assert await refused(service, text) == "key.wrong"


class Untold(str):
    """A secret that nobody may lay beside another: how long that takes tells how alike they are."""

    def _alike(self, *_: object) -> bool:
        raise AssertionError("a secret is compared")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _alike
    startswith = endswith = find = index = count = _alike

    def __hash__(self) -> int:
        raise AssertionError("a secret is looked up")


async def test_a_secret_is_compared_with_nothing_but_digested(
    service: KeyService, store: Counting
) -> None:
    """Who tries keys can time what is done with digests, and cannot choose those."""
    key, secret = await service.create("laptop", {Scope.READ})
    for again in range(2):
        assert (await service.verify(Untold(secret))).key_id == key.key_id, again
        assert service.knows(Untold(secret))
    for wrong in (secret[:-1] + "?", "spool_wrong", ""):
        assert await refused(service, Untold(wrong)) == KeyService.WRONG
        assert not service.knows(Untold(wrong))
        assert store.digest == hashlib.sha256(wrong.encode()).hexdigest()


async def test_a_key_opens_until_its_time_is_over(service: KeyService, clock: SteppedClock) -> None:
    _, secret = await service.create("x", {Scope.READ}, clock.now + timedelta(hours=1))
    clock.step(3599)
    await service.verify(secret)
    clock.step(1)
    assert await refused(service, secret) == "key.expired"
    assert not await service.any_stands()


async def test_a_revoked_key_opens_nothing_at_once(service: KeyService) -> None:
    key, secret = await service.create("x", {Scope.READ})
    assert await service.any_stands()
    await service.verify(secret)
    await service.revoke(key.key_id)
    assert await refused(service, secret) == "key.revoked"
    assert not await service.any_stands()


async def test_a_key_that_is_revoked_while_it_is_looked_up_opens_nothing(
    service: KeyService, store: Counting
) -> None:
    key, secret = await service.create("x", {Scope.READ})
    store.gate = asyncio.Event()
    looking = asyncio.create_task(service.verify(secret))
    while store.finds == 0:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await service.revoke(key.key_id)
    store.gate.set()
    with pytest.raises(Unauthorized):
        await looking


async def test_an_unknown_key_cannot_be_revoked(service: KeyService) -> None:
    with pytest.raises(NotFound) as caught:
        await service.revoke("no-such-key")
    assert caught.value.code == "key.not_found"


async def test_a_key_in_use_costs_a_query_and_a_note_a_minute(
    service: KeyService, store: Counting, clock: SteppedClock
) -> None:
    _, secret = await service.create("x", {Scope.READ})
    assert not service.knows(secret)
    for _ in range(50):
        await service.verify(secret)
    await service.settle()
    assert service.knows(secret)
    assert (store.finds, store.notes) == (1, 1)
    clock.step(59)
    await service.verify(secret)
    clock.step(1)
    await service.verify(secret)
    await service.settle()
    assert (store.finds, store.notes) == (2, 2)
    assert (await service.list())[0].last_used_at == clock.now


async def test_a_key_revoked_by_another_process_ends_within_a_minute(
    service: KeyService, store: Counting, clock: SteppedClock
) -> None:
    key, secret = await service.create("x", {Scope.READ})
    await service.verify(secret)
    await service.settle()
    await KeyService(store, clock).revoke(key.key_id)
    clock.step(59)
    await service.verify(secret)
    clock.step(1)
    assert await refused(service, secret) == "key.revoked"


async def test_a_key_that_another_process_deleted_is_none_within_a_minute(
    service: KeyService, store: Counting, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(digest: str) -> None:
        return None

    _, secret = await service.create("x", {Scope.READ})
    await service.verify(secret)
    await service.settle()
    monkeypatch.setattr(store, "find", nothing)
    clock.step(60)
    assert await refused(service, secret) == "key.wrong"
    assert not service.knows(secret)


async def test_a_full_disk_keeps_nobody_out(service: KeyService, store: Counting) -> None:
    _, secret = await service.create("x", {Scope.READ})
    store.full = True
    assert (await service.verify(secret)).name == "x"
    await service.settle()
    assert (await service.verify(secret)).last_used_at is None


async def test_memory_stays_bounded(service: KeyService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.keys.MOST_KNOWN", 3)
    made = [(await service.create("x", {Scope.READ}))[1] for _ in range(5)]
    for secret in [*made[:3], made[0], *made[3:]]:
        await service.verify(secret)
    assert [service.knows(secret) for secret in made] == [True, False, False, True, True]
    await service.settle()
    assert (await service.verify(made[1])).name == "x"
    await service.settle()


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "\x1b[31m", "\ud800"])
async def test_a_name_that_is_none_is_refused(service: KeyService, name: str) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        await service.create(name, {Scope.READ})


async def test_a_key_that_could_do_nothing_is_refused(
    service: KeyService, clock: SteppedClock
) -> None:
    with pytest.raises(InvalidRequest, match="scopes"):
        await service.create("x", set())
    with pytest.raises(InvalidRequest, match="expires_at"):
        await service.create("x", {Scope.READ}, clock.now)
    assert await service.list() == []


def test_admin_may_do_everything_and_the_others_what_they_say(clock: SteppedClock) -> None:
    def may(*scopes: Scope) -> set[Scope]:
        key = ApiKey(key_id="x", name="x", scopes=frozenset(scopes), created_at=clock.now)
        return {scope for scope in Scope if key.allows(scope)}

    assert may(Scope.ADMIN) == set(Scope)
    assert may(Scope.READ) == {Scope.READ}
    assert may(Scope.READ, Scope.INGEST) == {Scope.READ, Scope.INGEST}
