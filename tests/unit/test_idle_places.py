"""Who waits for a job is woken in turn: one for each thing that is told, and none forgotten."""

import asyncio

import pytest

from app.adapters.sql.idle import Idle
from app.domain.jobs import Priority

LONG = 3600.0  # seconds


@pytest.fixture
def idle() -> Idle:
    return Idle()


async def waiting(idle: Idle, *lowest: Priority) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(idle.wait(each, LONG)) for each in lowest]
    await asyncio.sleep(0)
    assert len(idle) == len(lowest)
    return tasks


async def ended(tasks: list[asyncio.Task[None]]) -> list[bool]:
    """Which of them, once all have had their turn."""
    for _ in range(5):
        await asyncio.sleep(0)
    found = [task.done() for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


async def test_one_is_woken_and_it_is_the_first(idle: Idle) -> None:
    tasks = await waiting(idle, Priority.BATCH, Priority.BATCH)
    idle.tell()
    assert await ended(tasks) == [True, False]


async def test_who_takes_anything_is_woken_before_who_takes_the_urgent(idle: Idle) -> None:
    tasks = await waiting(idle, Priority.INTERACTIVE, Priority.BATCH)
    idle.tell()
    assert await ended(tasks) == [False, True]


async def test_the_last_place_is_woken_whatever_it_takes(idle: Idle) -> None:
    tasks = await waiting(idle, Priority.INTERACTIVE, Priority.BATCH)
    idle.tell()
    idle.tell()
    assert await ended(tasks) == [True, True]


async def test_one_who_is_woken_and_leaves_hands_it_on(idle: Idle) -> None:
    tasks = await waiting(idle, Priority.BATCH, Priority.BATCH)
    idle.tell()
    tasks[0].cancel()
    assert await ended(tasks) == [True, True]
    assert len(idle) == 0


async def test_what_is_told_while_nobody_waits_is_counted(idle: Idle) -> None:
    idle.tell()
    assert idle.told == 1


async def test_nobody_waits_longer_than_he_wants(idle: Idle) -> None:
    async with asyncio.timeout(30):
        await idle.wait(Priority.BATCH, 0.001)
    assert len(idle) == 0
