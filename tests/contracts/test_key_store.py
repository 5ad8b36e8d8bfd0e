"""What every `KeyStore` does."""

import asyncio
from datetime import timedelta

import pytest

from app.domain.errors import Conflict
from app.domain.keys import ApiKey, Scope
from app.domain.quotas import MOST_BYTES, MOST_JOBS, USUAL, Quota
from tests.contracts.conftest import OpenStores, SteppedClock, Stores

DIGEST = "0123456789abcdef" * 4
OTHER = "f" * 64


async def added(stores: Stores, digest: str = DIGEST, name: str = "laptop") -> ApiKey:
    return await stores.keys.add(name=name, scopes={Scope.READ}, expires_at=None, digest=digest)


async def test_a_key_is_found_by_the_digest_of_its_secret_and_nothing_else(
    stores: Stores, clock: SteppedClock
) -> None:
    key = await stores.keys.add(
        name="Grüße, 東京",
        scopes={Scope.READ, Scope.INGEST},
        expires_at=clock.now + timedelta(days=1),
        digest=DIGEST,
    )
    assert await stores.keys.find(DIGEST) == key
    assert (key.created_at, key.revoked_at, key.last_used_at) == (clock.now, None, None)
    assert key.scopes == {Scope.READ, Scope.INGEST}
    for other in (OTHER, DIGEST.upper(), DIGEST[:-1], "", "%", key.key_id):
        assert await stores.keys.find(other) is None


async def test_two_keys_never_have_one_secret(stores: Stores) -> None:
    await added(stores)
    with pytest.raises(Conflict):
        await added(stores)
    assert len(await stores.keys.list()) == 1


async def test_a_digest_that_is_none_is_refused(stores: Stores) -> None:
    with pytest.raises(Conflict):
        await added(stores, "short")


async def test_keys_are_listed_newest_first(stores: Stores, clock: SteppedClock) -> None:
    assert await stores.keys.list() == []
    first = await added(stores)
    clock.step(1)
    second = await added(stores, OTHER)
    assert await stores.keys.list() == [second, first]


async def test_a_revoked_key_is_still_known_and_keeps_the_time(
    stores: Stores, clock: SteppedClock
) -> None:
    key = await added(stores)
    revoked = await stores.keys.revoke(key.key_id)
    then = clock.now
    clock.step(60)
    again = await stores.keys.revoke(key.key_id)
    assert revoked == again == await stores.keys.find(DIGEST)
    assert again is not None and again.revoked_at == then


async def test_the_last_use_is_kept(stores: Stores, clock: SteppedClock) -> None:
    key = await added(stores)
    for _ in range(2):
        clock.step(60)
        used = await stores.keys.note_use(key.key_id)
        assert used is not None and used.last_used_at == clock.now
    assert await stores.keys.find(DIGEST) == used


async def test_a_use_that_crosses_the_revoking_does_not_undo_it(stores: Stores) -> None:
    key = await added(stores)
    uses = [stores.keys.note_use(key.key_id) for _ in range(5)]
    await asyncio.gather(*uses[:3], stores.keys.revoke(key.key_id), *uses[3:])
    found = await stores.keys.find(DIGEST)
    assert found is not None and found.revoked_at is not None and found.last_used_at is not None


async def test_a_quota_changes_in_what_is_named_and_may_be_as_large_as_numbers_go(
    stores: Stores,
) -> None:
    quota = Quota(jobs=MOST_JOBS, bytes=MOST_BYTES)
    key = await stores.keys.add(
        name="x", scopes={Scope.READ}, expires_at=None, digest=DIGEST, quota=quota
    )
    assert key.quota == quota and await stores.keys.find(DIGEST) == key
    fewer = await stores.keys.grant(key.key_id, {"jobs": 0})
    assert fewer and fewer.quota == Quota(jobs=0, bytes=MOST_BYTES)
    usual = await stores.keys.grant(key.key_id, {"jobs": None, "bytes": None})
    assert usual and usual.quota == USUAL
    assert await stores.keys.grant(key.key_id, {}) == usual == await stores.keys.find(DIGEST)


@pytest.mark.parametrize("unknown", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "", "\ud800"])
async def test_an_unknown_key_is_none(stores: Stores, unknown: str) -> None:
    assert await stores.keys.revoke(unknown) is None
    assert await stores.keys.note_use(unknown) is None
    assert await stores.keys.grant(unknown, {"jobs": 1}) is None


async def test_keys_are_there_after_a_restart(open_stores: OpenStores) -> None:
    async with open_stores() as stores:
        key = await added(stores)
        await stores.keys.revoke(key.key_id)
    async with open_stores() as stores:
        [found] = await stores.keys.list()
    assert found.key_id == key.key_id and found.revoked_at is not None
