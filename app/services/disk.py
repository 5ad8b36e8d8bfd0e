"""Keeps the disk from running full, and the service from stopping when it does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from loguru import logger

from app.domain.errors import ConfigError, SpoolError, StorageDenied, StorageFull
from app.domain.media import BYTES_PER_SECOND
from app.domain.system_errors import GIVE_IT_BACK
from app.ports import Ballast

INTERVAL = 2.0  # seconds between two looks at a disk
CHECK_EVERY = 16 * 1024 * 1024  # bytes of an upload between two looks
HINT = "make space, or lower [app.storage] low_water"
DENIED = "nothing can be written to the data folder: it is read-only, or no longer the service's"


class DiskGuard:
    """Below `low` bytes of spare space no work is taken in or begun, until there are `high`.

    Spare is what is free beyond the ballast: space that the ballast still needs, after it was
    given back, is not spare. Nor is work taken in or begun while nothing may be written there.
    Run `start` first of all, and `run` for as long as the service lives.
    """

    def __init__(
        self,
        free: Callable[[], int],
        ballast: Ballast,
        *,
        low: int,
        high: int,
        writable: Callable[[], bool] = lambda: True,
        interval: float = INTERVAL,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`writable`: whether files can be made there now. Raises ConfigError unless `high` is at
        least `low`."""
        if high < low:
            raise ConfigError(
                f"[app.storage] high_water ({high}) must not be under low_water ({low})"
            )
        self._free, self._ballast = free, ballast
        self._low, self._high = low, high
        self._writable = writable
        self._interval, self._sleep = interval, sleep
        self._one_at_a_time = asyncio.Lock()
        self.paused = False
        self._denied = False

    def require(self, extra: int = 0) -> None:
        """Raise StorageFull while work is paused, or when `extra` bytes more would pause it, and
        StorageDenied while nothing may be written."""
        if self.denies():
            raise StorageDenied(DENIED, hint=GIVE_IT_BACK)
        spare = self._look()
        if self.paused:
            raise StorageFull(
                f"the disk is nearly full: of {told(self._high)} that must be free"
                f" before work goes on, there are {told(spare)}",
                hint=HINT,
            )
        if spare - extra < self._low:
            raise StorageFull(
                f"{told(spare)} are free on the disk, {told(extra)} are needed"
                f" and {told(self._low)} stay in reserve",
                hint=HINT,
            )

    async def guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes; StorageFull as soon as they eat into the reserve.

        For bodies that do not tell their length, and several that were let in at once.
        """
        unseen = 0
        async for chunk in chunks:
            unseen += len(chunk)
            if unseen >= CHECK_EVERY:
                unseen = 0
                self._refuse_below_low()
            yield chunk

    def denies(self) -> bool:
        """Whether nothing may be written now, however much space there is. Told once."""
        denied = not self._writable()
        if denied and not self._denied:
            logger.error("{}: nothing is taken in or begun; {}", DENIED, GIVE_IT_BACK)
        elif self._denied and not denied:
            logger.info("the data folder can be written to again: work goes on")
        self._denied = denied
        return denied

    def is_low(self) -> bool:
        """Whether work is paused, or should be."""
        self._look()
        return self.paused

    def free(self) -> int:
        """Bytes on the disk, those of the ballast apart."""
        return self._free()

    def state(self) -> str:
        """For people."""
        if self.denies():
            return f"denied: {DENIED}"
        if self.is_low():
            return f"low: {told(self._spare())} free, work goes on at {told(self._high)}"
        return "ok"

    async def start(self) -> None:
        """Lay the ballast; or drop it where even the database might not open without its space.

        To be done before the database is opened. Never raises StorageFull.
        """
        if not self.is_low():
            await self._ballast.lay()
        elif self._free() < self._ballast.size:
            await self.relieve()

    async def run(self) -> None:
        """For ever: also when nobody asks for space, work goes on once there is some."""
        while True:
            await self.wait_for_space()
            await self._sleep(self._interval)

    async def run_once(self) -> None:
        """Look at the disk, and go on with work if that is possible again.

        After the ballast was given back, work goes on only when it is there again: a quota, or a
        disk out of inodes, is full however much space the disk says there is.
        """
        async with self._one_at_a_time:
            if self._look() >= self._high and self.paused and await self._ballast.lay():
                self._look()

    async def wait_for_space(self) -> None:
        """Returns at once unless work is paused, or nothing may be written; then when it goes on.
        Never raises."""
        while not await self.goes_on():
            await self._sleep(self._interval)

    async def wait_until_writable(self) -> None:
        """The same, however little space there is."""
        while self.denies():
            await self._sleep(self._interval)

    async def relieve(self) -> None:
        """After a state could not be written: pause, and give the ballast back to write it."""
        async with self._one_at_a_time:
            self._pause(self._spare())
            await self._ballast.drop()

    async def goes_on(self) -> bool:
        """Whether `wait_for_space` would return at once. Never raises."""
        if self.denies():
            return False
        try:
            await self.run_once()
        except SpoolError:  # a disk that cannot be asked; whoever writes to it will tell
            return False
        return not self.paused

    def _look(self) -> int:
        spare = self._spare()
        if spare < self._low:
            self._pause(spare)
        elif self.paused and spare >= self._high and self._ballast.laid:
            self.paused = False
            logger.info("there is space on the disk again: work goes on, {} free", told(spare))
        return spare

    def _refuse_below_low(self) -> None:
        """Not while work is merely paused: what was let in before may go to its end."""
        spare = self._look()
        if spare < self._low:
            raise StorageFull(
                f"the disk is nearly full: {told(spare)} are free"
                f" and {told(self._low)} stay in reserve",
                hint=HINT,
            )

    def _spare(self) -> int:
        """Never below zero, for people read it."""
        owed = 0 if self._ballast.laid else self._ballast.size
        return max(0, self._free() - owed)

    def _pause(self, spare: int) -> None:
        if not self.paused:
            logger.warning(
                "the disk is nearly full, {} free: nothing is taken in or begun until it is {}",
                told(spare),
                told(self._high),
            )
        self.paused = True


def needed(upload: int, longest: float) -> int:
    """Bytes on disk for a medium of `upload` bytes, of at most `longest` seconds, and its PCM.

    Decoded sound takes as much again as a medium of 256 kbit/s, less than a video. It takes up to
    16 times as much as dense speech codecs do, but those files are small: that is what the low
    water mark is for (512 MiB hold 4.6 hours of PCM).
    """
    return upload + min(upload, round(longest * BYTES_PER_SECOND))


def told(size: int) -> str:
    """Bytes as people read them."""
    if size < 1024:
        return f"{size} bytes"
    power = min((size.bit_length() - 1) // 10, 4)
    return f"{size / 1024**power:.1f} {'KMGT'[power - 1]}iB"
