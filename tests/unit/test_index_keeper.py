"""Tidying the index beside those who write to it."""

import asyncio
from datetime import timedelta

import pytest

from app.adapters.lance_index import keeping
from app.adapters.lance_index.keeping import TRIES, UNTIDY_WRITES, Keeper

SOON = 30  # seconds
PREEMPTED = "lance error: Retryable commit conflict for version 26: Please retry."


class Table:
    def __init__(self, *errors: str) -> None:
        self.errors, self.asked = list(errors), 0

    async def optimize(self, *, cleanup_older_than: timedelta) -> None:
        self.asked += 1
        if self.errors:
            raise RuntimeError(self.errors.pop(0))

    async def count_rows(self) -> int:
        return 0


async def test_a_write_in_between_does_not_stop_the_tidying() -> None:
    table = Table(PREEMPTED, PREEMPTED)
    await Keeper("uri").tidy(lambda: table)
    assert table.asked == 3


async def test_when_writes_come_too_fast_they_wait_for_the_last_try() -> None:
    """In a bucket, where tidying takes longer than a write, it was given up."""
    writing = asyncio.Lock()

    class Busy(Table):
        async def optimize(self, *, cleanup_older_than: timedelta) -> None:
            self.asked += 1
            if not writing.locked():
                raise RuntimeError(PREEMPTED)

    table = Busy()
    await Keeper("uri", writing).tidy(lambda: table)
    assert table.asked == TRIES and not writing.locked()


async def test_with_no_end_of_writes_it_is_told() -> None:
    table = Table(*[PREEMPTED] * 100)
    with pytest.raises(RuntimeError, match="Retryable"):
        await Keeper("uri").tidy(lambda: table)
    assert table.asked == TRIES


async def test_any_other_error_is_told_at_once() -> None:
    table = Table("lance error: no such file")
    with pytest.raises(RuntimeError, match="no such file"):
        await Keeper("uri").tidy(lambda: table)
    assert table.asked == 1


class Hanging(Table):
    """Until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def optimize(self, *, cleanup_older_than: timedelta) -> None:
        self.begun.set()
        await self.go_on.wait()


async def tidying(keeper: Keeper) -> Hanging:
    table = Hanging()
    for _ in range(UNTIDY_WRITES):
        keeper.written(lambda: table, 1)
    async with asyncio.timeout(SOON):
        await table.begun.wait()
    return table


async def test_a_bucket_that_hangs_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, warnings_told: list[str]
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.01)
    keeper = Keeper("s3://bucket/index")
    await tidying(keeper)
    async with asyncio.timeout(SOON):
        await keeper.aclose()
    assert any("half tidied" in line for line in warnings_told)


async def test_a_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the threads of LanceDB would go on while the process ends."""
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    keeper = Keeper("data/index")
    table = await tidying(keeper)
    closing = asyncio.create_task(keeper.aclose())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not closing.done()
    table.go_on.set()
    async with asyncio.timeout(SOON):
        await closing


async def test_once_it_is_closed_nothing_is_tidied() -> None:
    keeper = Keeper("data/index")
    await keeper.aclose()
    table = Table()
    for _ in range(UNTIDY_WRITES):
        keeper.written(lambda: table, 1)
    await keeper.settled()
    assert table.asked == 0
