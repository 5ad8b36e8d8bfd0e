"""Who goes together, and how far ahead is read."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.domain.errors import EngineError
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.pipeline.batches import Batches
from tests.fakes import each
from tests.unit.workbench import until


def lasting(*seconds: float) -> list[AudioWindow]:
    return [
        AudioWindow(
            number=number, path=Path("sound"), first_sample=0, samples=round(length * SAMPLE_RATE)
        )
        for number, length in enumerate(seconds)
    ]


def numbers(batch: Sequence[AudioWindow]) -> list[int]:
    return [window.number for window in batch]


async def all_of(batches: Batches) -> list[list[int]]:
    found = []
    while batch := await batches.next():
        found.append(numbers(batch))
    return found


async def test_the_one_that_waits_longest_takes_those_of_its_length_along() -> None:
    batches = Batches(each(lasting(10, 3, 19, 11, 9, 18)), size=3, takers=2)
    assert numbers(await batches.next()) == [0, 3, 4]
    await batches.aclose()


async def test_every_taker_gets_its_share_of_a_few() -> None:
    batches = Batches(each(lasting(*[5.0] * 4)), size=4, takers=2)
    assert await all_of(batches) == [[0, 1], [2, 3]]


async def test_many_windows_fill_batches_and_none_is_lost() -> None:
    batches = Batches(each(lasting(*[5.0] * 23)), size=4, takers=2)
    found = await all_of(batches)
    assert [len(batch) for batch in found] == [4, 4, 4, 4, 4, 3]
    assert sorted(number for batch in found for number in batch) == list(range(23))


async def test_no_more_is_read_ahead_than_all_takers_can_take() -> None:
    read: list[int] = []

    async def noted() -> AsyncIterator[AudioWindow]:
        for window in lasting(*[5.0] * 100):
            read.append(window.number)
            yield window

    batches = Batches(noted(), size=4, takers=2)
    await batches.next()
    await until(lambda: len(read) == 12)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(read) == 12
    await batches.aclose()


async def test_what_reading_raised_comes_after_the_windows_before_it() -> None:
    async def broken() -> AsyncIterator[AudioWindow]:
        for window in lasting(5.0, 5.0):
            yield window
        raise EngineError("deaf")

    batches = Batches(broken(), size=1, takers=1)
    assert [numbers(await batches.next()) for _ in range(2)] == [[0], [1]]
    with pytest.raises(EngineError, match="deaf"):
        await batches.next()
    await batches.aclose()


async def test_without_windows_there_is_no_batch() -> None:
    batches = Batches(each([]), size=4, takers=2)
    assert await batches.next() == []
    await batches.aclose()
