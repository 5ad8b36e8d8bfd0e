"""Work pauses before the disk is full, and goes on by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.local_storage import BallastFile, LocalStorage
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import Budget, ConfigError, MediaUnreadable, StorageError, StorageFull
from app.domain.jobs import JobStatus
from app.services.disk import CHECK_EVERY, DiskGuard, needed, told
from tests.contracts.jobs import claimed_job, stored
from tests.smalldisk import KiB, MiB, SmallDisk, mounted_or_skipped

LOW, HIGH, BALLAST = 100, 200, 50


@dataclass(kw_only=True)
class Room:
    """Space in bytes, part of which the ballast takes."""

    size: int = BALLAST
    free: int = 1000
    laid: bool = False
    #: What a quota would do: there is space, but not for us.
    refuses: bool = False
    asleep: list[float] = field(default_factory=list)
    #: What happens while the guard sleeps, in turn.
    events: list[Callable[[], None]] = field(default_factory=list)

    async def lay(self) -> bool:
        if not self.laid and (self.refuses or self.free < self.size):
            return False
        if not self.laid:
            self.laid, self.free = True, self.free - self.size
        return True

    async def drop(self) -> None:
        if self.laid and self.size:
            self.laid, self.free = False, self.free + self.size

    async def sleep(self, seconds: float) -> None:
        self.asleep.append(seconds)
        self.events.pop(0)()
        await asyncio.sleep(0)

    def becomes(self, free: int) -> Callable[[], None]:
        def change() -> None:
            self.free = free

        return change


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    told: list[str] = []
    sink = logger.add(lambda message: told.append(message.record["level"].name), level="INFO")
    yield told
    logger.remove(sink)


def guard(room: Room, low: int = LOW, high: int = HIGH) -> DiskGuard:
    return DiskGuard(lambda: room.free, room, low=low, high=high, sleep=room.sleep)


async def started(room: Room) -> DiskGuard:
    opened = guard(room)
    await opened.start()
    return opened


async def body(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


# refusing


async def test_with_space_nothing_is_refused(room: Room, lines: list[str]) -> None:
    disk = await started(room)
    disk.require()
    disk.require(room.free - LOW)
    assert (disk.paused, disk.state(), lines) == (False, "ok", [])


async def test_what_does_not_fit_is_refused_and_pauses_nobody_else(room: Room) -> None:
    disk = await started(room)
    with pytest.raises(StorageFull) as caught:
        disk.require(room.free - LOW + 1)
    assert (caught.value.code, caught.value.budget) == ("storage.full", Budget.FREE)
    assert "950 bytes are free" in caught.value.message
    assert "851 bytes are needed" in caught.value.message
    assert "low_water" in (caught.value.hint or "")
    disk.require()


async def test_below_low_all_is_refused_until_there_is_more_than_high(
    room: Room, lines: list[str]
) -> None:
    disk = await started(room)
    for free, refused in ((LOW, False), (LOW - 1, True), (HIGH - 1, True), (LOW - 1, True)):
        room.free = free
        assert disk.is_low() is refused
        if refused:
            with pytest.raises(StorageFull, match="before work goes on"):
                disk.require()
            assert disk.state().startswith(f"low: {free} bytes free")
    room.free = HIGH
    disk.require()
    assert lines == ["WARNING", "INFO"]


def test_marks_the_wrong_way_round_stop_the_start(room: Room) -> None:
    with pytest.raises(ConfigError, match="high_water"):
        guard(room, low=2, high=1)
    guard(room, low=1, high=1)


async def test_a_disk_that_cannot_be_asked_is_no_full_one(room: Room) -> None:
    def broken() -> int:
        raise StorageError("the disk refuses: Input/output error")

    with pytest.raises(StorageError) as caught:
        DiskGuard(broken, room, low=LOW, high=HIGH).require()
    assert not isinstance(caught.value, StorageFull)


async def test_a_disk_that_cannot_be_asked_is_waited_for(room: Room) -> None:
    answers: list[int | StorageError] = [StorageError("Input/output error"), HIGH]

    def free() -> int:
        answer = answers.pop(0)
        if isinstance(answer, StorageError):
            raise answer
        return answer

    room.laid, room.events = True, [lambda: None]
    await DiskGuard(free, room, low=LOW, high=HIGH, sleep=room.sleep).wait_for_space()
    assert answers == []


# uploads under way


async def test_an_upload_passes_unchanged(room: Room) -> None:
    disk = await started(room)
    sizes = [len(chunk) async for chunk in disk.guarded(body(1, CHECK_EVERY, 3))]
    assert sizes == [1, CHECK_EVERY, 3]


async def test_an_upload_that_eats_into_the_reserve_is_cut_off(room: Room) -> None:
    disk = await started(room)
    passed = 0
    with pytest.raises(StorageFull):
        async for _ in disk.guarded(body(CHECK_EVERY, CHECK_EVERY)):
            passed += 1
            room.free = LOW - 1
    assert passed == 1


async def test_an_upload_under_way_goes_on_while_work_is_paused_only(room: Room) -> None:
    disk = await started(room)
    room.free = LOW - 1
    assert disk.is_low()
    room.free = LOW
    assert disk.paused
    assert [len(chunk) async for chunk in disk.guarded(body(CHECK_EVERY))] == [CHECK_EVERY]


def test_a_medium_needs_its_own_size_and_that_of_its_sound() -> None:
    assert needed(0, 3600) == 0
    assert needed(1000, 3600) == 2000
    assert needed(10 * 2**30, 3600) == 10 * 2**30 + 3600 * 32_000


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (300 * MiB, "300.0 MiB"),
        (2**30 - 1, "1024.0 MiB"),
        (2**30, "1.0 GiB"),
        (5 * 2**50, "5120.0 TiB"),
    ],
)
def test_sizes_are_told_for_people(size: int, said: str) -> None:
    assert told(size) == said


# waiting


async def test_who_waits_with_space_does_not_sleep(room: Room) -> None:
    disk = await started(room)
    await disk.wait_for_space()
    assert room.asleep == []


async def test_who_waits_goes_on_by_itself_once_there_is_space(
    room: Room, lines: list[str]
) -> None:
    disk = await started(room)
    room.free = 10
    room.events = [room.becomes(LOW), room.becomes(HIGH - 1), room.becomes(HIGH)]
    await disk.wait_for_space()
    assert (len(room.asleep), max(room.asleep) <= 2) == (3, True)
    assert not disk.paused
    assert lines == ["WARNING", "INFO"]


async def test_a_pause_that_nobody_waits_for_ends_too(room: Room) -> None:
    disk = await started(room)
    room.free = 10
    assert disk.is_low()

    def stop() -> None:
        running.cancel()

    room.events = [room.becomes(HIGH), stop]
    running = asyncio.ensure_future(disk.run())
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not disk.paused


# ballast


async def test_the_ballast_is_laid_at_start(room: Room) -> None:
    await started(room)
    assert (room.laid, room.free) == (True, 950)


async def test_a_start_on_a_nearly_full_disk_lays_none_and_is_paused(room: Room) -> None:
    room.free = LOW + BALLAST - 1
    disk = await started(room)
    assert (room.laid, disk.paused) == (False, True)


async def test_a_start_on_a_full_disk_gives_the_ballast_back_for_the_database(room: Room) -> None:
    room.laid, room.free = True, 3
    disk = await started(room)
    assert (room.laid, room.free, disk.paused) == (False, 53, True)


async def test_a_start_with_room_for_the_database_keeps_the_ballast(room: Room) -> None:
    room.laid, room.free = True, BALLAST
    disk = await started(room)
    assert (room.laid, disk.paused) == (True, True)


async def test_relief_gives_space_and_pauses_until_it_can_be_taken_again(room: Room) -> None:
    disk = await started(room)
    room.free = 0
    await disk.relieve()
    await disk.relieve()
    assert (room.free, room.laid, disk.paused) == (BALLAST, False, True)
    room.events = [room.becomes(HIGH + BALLAST - 1), room.becomes(HIGH + BALLAST)]
    await disk.wait_for_space()
    assert (len(room.asleep), room.laid, room.free) == (2, True, HIGH)
    disk.require()


async def test_the_ballast_itself_is_not_taken_for_space(room: Room) -> None:
    """Larger than `high`, it would seem to end the pause by being given back."""
    room.size = 10 * HIGH
    room.free = 20 * HIGH
    disk = await started(room)
    room.free = 0
    await disk.relieve()
    with pytest.raises(StorageFull):
        disk.require()


async def test_a_quota_is_full_whatever_the_disk_says(room: Room) -> None:
    disk = await started(room)
    await disk.relieve()
    room.refuses = True
    await disk.run_once()
    assert disk.is_low()
    room.refuses = False
    await disk.run_once()
    assert not disk.is_low()


async def test_without_ballast_the_marks_alone_decide(room: Room) -> None:
    room.size, room.laid = 0, True
    disk = await started(room)
    room.free = 0
    await disk.relieve()
    assert disk.is_low()
    room.free = HIGH
    assert not disk.is_low()


# the real thing: a small disk, a database on it, files beside it

SMALL_LOW, SMALL_HIGH, SMALL_BALLAST = 4 * MiB, 8 * MiB, 4 * MiB
SMALL = 24 * MiB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", SMALL) as disk:
        yield disk


async def small_guard(disk: SmallDisk, room: Room) -> DiskGuard:
    opened = DiskGuard(
        LocalStorage(disk.path).free_bytes,
        BallastFile(disk.path, SMALL_BALLAST),
        low=SMALL_LOW,
        high=SMALL_HIGH,
        sleep=room.sleep,
    )
    await opened.start()
    return opened


async def test_a_real_disk_fills_up_refuses_grows_and_goes_on(
    small_disk: SmallDisk, room: Room
) -> None:
    disk = await small_guard(small_disk, room)
    disk.require(small_disk.free() - SMALL_LOW)
    small_disk.fill(leave=SMALL_LOW - 64 * KiB)
    with pytest.raises(StorageFull):
        disk.require()
    room.events = [lambda: small_disk.grow(SMALL + SMALL_HIGH)]
    await disk.wait_for_space()
    disk.require()


async def test_a_verdict_is_written_on_a_disk_that_is_full(
    small_disk: SmallDisk, room: Room
) -> None:
    """Not even a DELETE works on a full disk: hence the ballast."""
    disk = await small_guard(small_disk, room)
    async with Database(f"sqlite:///{small_disk.path / 'spool.db'}") as database:
        store = SqlJobStore(database)
        job = await claimed_job(store)
        small_disk.fill()
        error = MediaUnreadable("x" * 100_000)  # more than what the log has left over
        with pytest.raises(StorageFull):
            await store.fail(job, error)
        await disk.relieve()
        assert await store.fail(job, error)
        small_disk.empty()
        await disk.wait_for_space()
        assert (small_disk.path / ".ballast").stat().st_size == SMALL_BALLAST
        assert (await stored(store, job)).status is JobStatus.FAILED


async def test_a_database_opens_on_a_full_disk_for_the_guard_starts_first(
    small_disk: SmallDisk, room: Room
) -> None:
    url = f"sqlite:///{small_disk.path / 'spool.db'}"
    await small_guard(small_disk, room)
    async with Database(url) as database:
        job = await claimed_job(SqlJobStore(database))
    small_disk.fill()
    with pytest.raises(StorageError):
        await Database(url).open()
    disk = await small_guard(small_disk, room)
    async with Database(url) as database:
        assert await SqlJobStore(database).fail(job, MediaUnreadable("x"))
    assert disk.paused


async def test_a_disk_without_inodes_is_full(tmp_path: Path) -> None:
    with mounted_or_skipped(tmp_path / "disk", SMALL, files=200) as disk:
        storage = LocalStorage(disk.path)
        assert storage.free_bytes() == SMALL
        for number in range(100):
            (disk.path / str(number)).touch()
        assert storage.free_bytes() == 0
