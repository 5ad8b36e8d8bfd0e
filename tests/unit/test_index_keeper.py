"""Tidying the index beside those who write to it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.lance_index import keeping
from app.adapters.lance_index.keeping import (
    ALL,
    KEPT_VERSIONS,
    NONE,
    TRIES,
    UNTIDY_WRITES,
    Keeper,
)

SOON = 30  # seconds
BUCKET = "s3://bucket/index"
FOLDER = "data/index"
PREEMPTED = "lance error: Retryable commit conflict for version 26: Please retry."


class Table:
    """`joins`: how many times joining its files finds something to do."""

    def __init__(self, *errors: str, joins: int = 0) -> None:
        self.errors, self.asked, self.joins, self.current = list(errors), 0, joins, 1
        #: What was kept, and whether what no version names was dropped, by the last call.
        self.kept, self.dropped = timedelta(), False

    async def optimize(
        self, *, cleanup_older_than: timedelta, delete_unverified: bool = False
    ) -> None:
        self.asked, self.dropped = self.asked + 1, delete_unverified
        self.kept = cleanup_older_than
        if self.errors:
            raise RuntimeError(self.errors.pop(0))
        if self.asked <= self.joins:
            self.current += 1

    async def version(self) -> int:
        return self.current

    async def count_rows(self) -> int:
        return 0


async def test_a_write_in_between_does_not_stop_the_tidying() -> None:
    table = Table(PREEMPTED, PREEMPTED)
    await Keeper(BUCKET).tidy(lambda: table)
    assert table.asked == 3
    assert (table.kept, table.dropped) == (KEPT_VERSIONS, False)


async def test_when_writes_come_too_fast_they_wait_for_the_last_try() -> None:
    """In a bucket, where tidying takes longer than a write, it was given up."""
    writing = asyncio.Lock()

    class Busy(Table):
        async def optimize(self, **asked: Any) -> None:
            self.asked += 1
            if not writing.locked():
                raise RuntimeError(PREEMPTED)

    table = Busy()
    await Keeper(BUCKET, writing).tidy(lambda: table)
    assert table.asked == TRIES and not writing.locked()


async def test_with_no_end_of_writes_it_is_told() -> None:
    table = Table(*[PREEMPTED] * 100)
    with pytest.raises(RuntimeError, match="Retryable"):
        await Keeper(BUCKET).tidy(lambda: table)
    assert table.asked == TRIES


async def test_any_other_error_is_told_at_once() -> None:
    table = Table("lance error: no such file")
    with pytest.raises(RuntimeError, match="no such file"):
        await Keeper(BUCKET).tidy(lambda: table)
    assert table.asked == 1


async def test_on_a_disk_writes_wait_and_what_is_replaced_goes() -> None:
    """Of ten thousand rows that are written to all day there were fourteen copies."""
    writing = asyncio.Lock()

    class Alone(Table):
        async def optimize(self, **asked: Any) -> None:
            assert writing.locked()
            await super().optimize(**asked)

    table = Alone(joins=2)
    await Keeper(FOLDER, writing).tidy(lambda: table)
    assert table.asked == 4 and not writing.locked()
    assert (table.kept, table.dropped) == (NONE, True)


async def test_what_somebody_reads_is_dropped_once_it_is_read() -> None:
    table, keeper = Table(), Keeper(FOLDER)
    with keeper.readers.reading():
        tidying = asyncio.create_task(keeper.tidy(lambda: table))
        for _ in range(20):
            await asyncio.sleep(0)
        assert (table.asked, table.kept) == (1, ALL) and not tidying.done()
    await tidying
    assert (table.asked, table.kept) == (2, NONE)


async def test_beside_one_who_reads_on_and_on_it_goes_by_its_age(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was not dropped at all: each tidying left a copy of all."""
    monkeypatch.setattr(keeping, "READ_WITHIN", 0.01)
    table, keeper = Table(), Keeper(FOLDER)
    with keeper.readers.reading():
        await keeper.tidy(lambda: table)
        assert (table.asked, table.kept) == (2, KEPT_VERSIONS)
    await keeper.tidy(lambda: table)
    assert (table.asked, table.kept) == (4, NONE)


async def test_where_there_is_no_end_of_joining_it_goes_by_its_age() -> None:
    """The last call might replace what somebody has begun to read."""
    table = Table(joins=100)
    await Keeper(FOLDER).tidy(lambda: table)
    assert (table.asked, table.kept) == (TRIES + 1, KEPT_VERSIONS)


class Hanging(Table):
    """Until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def optimize(self, **asked: Any) -> None:
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
    keeper = Keeper(BUCKET)
    await tidying(keeper)
    async with asyncio.timeout(SOON):
        await keeper.aclose()
    assert any("half tidied" in line for line in warnings_told)


async def test_a_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the threads of LanceDB would go on while the process ends."""
    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    keeper = Keeper(FOLDER)
    table = await tidying(keeper)
    closing = asyncio.create_task(keeper.aclose())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not closing.done()
    table.go_on.set()
    async with asyncio.timeout(SOON):
        await closing


async def test_once_it_is_closed_nothing_is_tidied() -> None:
    keeper = Keeper(FOLDER)
    await keeper.aclose()
    table = Table()
    for _ in range(UNTIDY_WRITES):
        keeper.written(lambda: table, 1)
    await keeper.settled()
    assert table.asked == 0
