"""Links that are over are let go, again and again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import StorageError
from app.services.share_sweep import INTERVAL, ShareSweep
from tests.contracts.conftest import SteppedClock, Stores, migrated_file, sql_stores
from tests.contracts.test_share_store import added, heard


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def stores(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Stores]:
    async with sql_stores(f"sqlite:///{migrated_file(tmp_path)}", clock)() as stores:
        yield stores


async def test_it_looks_at_once_and_then_every_hour_also_after_a_failure(
    stores: Stores, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await added(stores, await heard(stores), lasts=timedelta(minutes=30))
    looks: list[float] = []
    gone: list[int] = []
    expire = stores.shares.expire

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        clock.step(seconds)
        if len(looks) == 3:
            raise Enough

    async def now_and_then() -> int:
        if not looks:
            raise StorageError("the disk is gone")
        gone.append(await expire())
        return gone[-1]

    monkeypatch.setattr(stores.shares, "expire", now_and_then)
    with pytest.raises(Enough):
        await ShareSweep(store=stores.shares, sleep=sleep).run()
    assert looks == [INTERVAL] * 3 and gone == [1, 0]
