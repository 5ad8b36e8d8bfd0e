"""The index is tidied by the clock, measured, and built one time at a time."""

import asyncio

import pytest

from app.domain.errors import StorageError, Unavailable
from app.domain.index_state import IndexState
from app.services.index_care import IndexCare


class Keeper:
    """Counts what is asked of it. `hold` makes it wait."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.trouble: Exception | None = None
        self.large = False
        self.hold = asyncio.Event()
        self.hold.set()

    async def state(self) -> IndexState:
        return IndexState(
            rows=len(self.asked),
            bytes=7,
            fragments=1,
            unindexed=0,
            vector_indexes=(),
            generation="g",
            renewing=False,
        )

    async def tidy(self) -> None:
        self.asked.append("tidy")
        if self.trouble:
            raise self.trouble

    async def grown(self) -> bool:
        return self.large

    async def build(self) -> None:
        self.asked.append("build")
        await self.hold.wait()
        if self.trouble:
            raise self.trouble


async def test_a_round_tidies_and_measures_and_builds_where_that_pays() -> None:
    keeper = Keeper()
    care = IndexCare(lambda: keeper)
    await care.run_once()
    assert keeper.asked == ["tidy"] and care.gauge is not None and care.gauge.bytes == 7
    keeper.large = True
    await care.run_once()
    assert (await care.build(patience=9)).building is False
    assert keeper.asked[1:3] == ["tidy", "build"]
    await care.aclose()


async def test_one_build_at_a_time_is_told_of_while_it_lasts() -> None:
    keeper = Keeper()
    keeper.hold.clear()
    care = IndexCare(lambda: keeper)
    assert (await care.build()).building
    assert (await care.build()).building and (await care.report()).building
    await asyncio.sleep(0)
    keeper.hold.set()
    report = await care.build(patience=9)
    assert (report.building, report.trouble) == (False, None)
    assert keeper.asked == ["build"]
    await care.aclose()


async def test_a_build_that_fails_says_why_until_one_succeeds() -> None:
    keeper = Keeper()
    keeper.trouble = StorageError("the disk is full")
    care = IndexCare(lambda: keeper)
    assert (await care.build(patience=9)).trouble == "the disk is full"
    keeper.trouble = None
    assert (await care.build(patience=9)).trouble is None


async def test_a_round_survives_every_planned_trouble() -> None:
    keeper = Keeper()
    keeper.trouble = StorageError("torn")

    def missing() -> Keeper:
        raise Unavailable("still loading")

    await IndexCare(lambda: keeper).run_once()
    await IndexCare(missing).run_once()
    with pytest.raises(Unavailable):
        await IndexCare(missing).build()


async def test_rounds_go_on_until_the_service_ends() -> None:
    keeper, naps = Keeper(), 0

    async def sleep(_: float) -> None:
        nonlocal naps
        naps += 1
        if naps > 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await IndexCare(lambda: keeper, sleep).run()
    assert keeper.asked == ["tidy"] * 3


async def test_a_build_is_cut_short_when_the_service_ends() -> None:
    keeper = Keeper()
    keeper.hold.clear()
    care = IndexCare(lambda: keeper)
    await care.build()
    await care.aclose()
    assert not (await care.report()).building
