"""Tidying the index beside those who write to it."""

import asyncio
from datetime import timedelta

import pytest

from app.adapters.lance_index.keeping import TRIES, Keeper

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
    await Keeper("uri").tidy(table)
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
    await Keeper("uri", writing).tidy(table)
    assert table.asked == TRIES and not writing.locked()


async def test_with_no_end_of_writes_it_is_told() -> None:
    table = Table(*[PREEMPTED] * 100)
    with pytest.raises(RuntimeError, match="Retryable"):
        await Keeper("uri").tidy(table)
    assert table.asked == TRIES


async def test_any_other_error_is_told_at_once() -> None:
    table = Table("lance error: no such file")
    with pytest.raises(RuntimeError, match="no such file"):
        await Keeper("uri").tidy(table)
    assert table.asked == 1
