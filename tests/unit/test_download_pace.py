"""The clock over a download goes on with what comes, and not with the mere line."""

import asyncio

import pytest

from app.adapters.egress.pace import LEAST, Pace, TimeLimits, paced
from app.domain.errors import SourceUnreachable

NEVER = 3600.0  # seconds


async def test_only_so_many_bytes_give_more_time() -> None:
    clock = asyncio.timeout(NEVER)
    async with clock:
        await asyncio.sleep(0)
        pace = Pace(clock, 2 * NEVER)
        begun = clock.when()
        pace.heard(0)
        first = clock.when()
        pace.heard(LEAST - 1)
        assert clock.when() == first != begun
        await asyncio.sleep(0.001)
        pace.heard(1)
        assert clock.when() != first


async def test_whoever_stops_the_whole_is_not_told_of_a_slow_source() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), paced(TimeLimits()):
            await asyncio.Event().wait()


async def test_a_time_out_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(TimeoutError, match="a disk far away"):
        async with paced(TimeLimits()):
            raise TimeoutError("a disk far away")


async def test_what_never_begins_is_a_slow_source() -> None:
    with pytest.raises(SourceUnreachable, match="does not come to the medium"):
        async with paced(TimeLimits(head=0.01)):
            await asyncio.Event().wait()
