"""The dog that barks when the loop stands still."""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from loguru import logger

from app.server.watchdog import BEAT, LIMIT, TOLD_EVERY, Watchdog, watched

PATIENCE = 30.0  # seconds


class Clocks:
    now = 0.0
    worked = 0.0

    def pass_by(self, seconds: float, *, at_work: bool = True) -> None:
        self.now += seconds
        self.worked += seconds if at_work else 0.0


@pytest.fixture
def told() -> Iterator[list[str]]:
    lines: list[str] = []

    def keep(message: Any) -> None:
        lines.append(message.record["message"])

    sink = logger.add(keep, level="WARNING")
    yield lines
    logger.remove(sink)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
async def dog(clocks: Clocks) -> Watchdog:
    """In the loop of the test, which never comes to call it by itself."""
    loop = asyncio.get_running_loop()
    dog = Watchdog(loop, clock=lambda: clocks.now, worked=lambda: clocks.worked)
    dog.beat()
    dog.rest()
    return dog


def planted(dog: Watchdog, clocks: Clocks, seconds: float) -> None:
    """Holds the loop up, while the other thread looks."""
    for _ in range(round(seconds / BEAT)):
        clocks.pass_by(BEAT)
        dog.look()


async def test_it_tells_how_long_nobody_was_answered_and_where_the_loop_stood(
    dog: Watchdog, clocks: Clocks, told: list[str]
) -> None:
    planted(dog, clocks, 0.6)
    dog.beat()
    dog.rest()
    [line] = told
    assert line.startswith("nobody was answered for 0.50 s: ")
    assert f"< {__name__}.planted:" in line


@pytest.mark.parametrize("late", [0.0, LIMIT - 0.05])
async def test_it_says_nothing_while_all_is_in_time(
    dog: Watchdog, clocks: Clocks, told: list[str], late: float
) -> None:
    for _ in range(100):
        planted(dog, clocks, BEAT + late)
        dog.beat()
        dog.rest()
    assert told == []


async def test_what_was_seen_of_one_stop_is_not_told_of_the_next(
    dog: Watchdog, clocks: Clocks, told: list[str]
) -> None:
    planted(dog, clocks, TOLD_EVERY + 1)
    dog.beat()
    clocks.pass_by(TOLD_EVERY + 1)
    dog.beat()
    dog.rest()
    assert "planted" in told[0] and "planted" not in told[1] and "native" in told[1]


async def test_every_beat_is_told_with_how_late_it_was(clocks: Clocks) -> None:
    late: list[float] = []
    loop = asyncio.get_running_loop()
    dog = Watchdog(loop, lambda: clocks.now, lambda: clocks.worked, late.append)
    dog.beat()
    for seconds in (BEAT, BEAT + 0.02, BEAT + 3600):
        clocks.pass_by(seconds)
        dog.beat()
        dog.rest()
    assert late == pytest.approx([0.0, 0.0, 0.02, 3600.0])


async def test_a_machine_that_slept_is_no_fault_of_ours(
    dog: Watchdog, clocks: Clocks, told: list[str]
) -> None:
    clocks.pass_by(3600, at_work=False)
    dog.look()
    dog.beat()
    dog.rest()
    assert told == []


async def test_a_loop_that_waits_for_its_turn_on_a_busy_machine_stands_nowhere(
    dog: Watchdog, clocks: Clocks, told: list[str]
) -> None:
    """It was to be woken, and is not yet: all the while it is in `select`."""
    ours = threading.get_ident()

    def look() -> None:
        ends = time.monotonic() + PATIENCE
        while "select" not in sys._current_frames()[ours].f_code.co_name:
            assert time.monotonic() < ends
        for _ in range(10):
            clocks.pass_by(BEAT, at_work=False)
            dog.look()

    await asyncio.to_thread(look)
    assert dog.place == ""
    dog.beat()
    dog.rest()
    assert told == []


async def test_it_does_not_fill_the_log(dog: Watchdog, clocks: Clocks, told: list[str]) -> None:
    for _ in range(100):
        clocks.pass_by(BEAT + 1)
        dog.beat()
        dog.rest()
    assert 2 <= len(told) <= 100 * (BEAT + 1) / TOLD_EVERY + 1
    assert "more times before" in told[1]


async def test_a_block_in_a_loop_that_runs_is_named(told: list[str]) -> None:
    def standing_still(dog: Watchdog) -> None:
        ends = time.monotonic() + PATIENCE
        while not dog.place and time.monotonic() < ends:
            time.sleep(0.01)

    over = asyncio.Event()
    with watched() as dog:
        standing_still(dog)
        asyncio.get_running_loop().call_later(0, over.set)  # after the beat that is due already
        async with asyncio.timeout(PATIENCE):
            await over.wait()
    assert "standing_still" in told[0]
