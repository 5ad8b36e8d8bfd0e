"""What one instance does for all: as long as it leads, and told of where it cannot go on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from loguru import logger

from app.services.duties import Leading, do_duties

SOON = 30  # seconds


class Led:
    """A `Leadership` that is had and lost as it is told."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.terms = 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[asyncio.Event]:
        self.lost = asyncio.Event()
        self.terms += 1
        yield self.lost


class Duty:
    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cut_off = 0

    async def run(self) -> None:
        self.begun.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.cut_off += 1


@pytest.fixture
def told() -> Iterator[asyncio.Queue[str]]:
    """Errors in the log."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    sink = logger.add(lambda line: lines.put_nowait(str(line)), level="ERROR")
    yield lines
    logger.remove(sink)


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_duties_are_done_by_who_leads_and_cut_off_when_that_is_lost() -> None:
    led, duty, leading = Led(), Duty(), Leading()
    async with asyncio.timeout(SOON):
        doing = asyncio.create_task(do_duties(led, lambda: [duty.run()], leading))
        for term in (1, 2):
            await duty.begun.wait()
            assert (leading.now, led.terms, duty.cut_off) == (True, term, term - 1)
            duty.begun.clear()
            led.lost.set()
        await duty.begun.wait()
        await stopped(doing)
    assert not leading.now and duty.cut_off == 3


async def test_a_duty_that_ends_by_a_fault_is_told_at_once_and_the_others_go_on(
    told: asyncio.Queue[str],
) -> None:
    """It used to be told when the service stopped, days later."""
    led, duty = Led(), Duty()

    async def broken() -> None:
        raise ZeroDivisionError("a fault of ours")

    def duties() -> list[Coroutine[Any, Any, None]]:
        return [duty.run(), broken()]

    async with asyncio.timeout(SOON):
        doing = asyncio.create_task(do_duties(led, duties))
        assert "a fault of ours" in await told.get()
        assert (led.terms, duty.cut_off) == (1, 0)
        await stopped(doing)
