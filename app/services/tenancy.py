"""This run of the service among those that work on one database: each tells that it lives."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from loguru import logger

from app.domain.boots import BEAT, FORGOTTEN, LOST_AFTER, SILENT_AFTER, Boot, check_alike
from app.domain.errors import ConfigError, SpoolError
from app.ports import BootLog

#: Whoever was killed in the midst of its start may still be taken for another.
SAME_NAME = (
    "another instance has the name {}, or had it a moment ago: jobs on files of one machine may run"
    " at the other, and not find them; give each machine a host name of its own"
)
WATCH = 1.0  # seconds between two looks at how long ago the last sign of life was


async def _nothing(boot_id: str) -> None:
    """Nobody holds anything yet."""


async def _one_clock() -> None:
    """There is but ours."""


class Tenancy:
    """What is held under a run's id is held for as long as it tells that it lives.

    One that cannot tell it lets go before others take over, and goes on as a new run.
    """

    def __init__(
        self, boots: BootLog, ours: Boot, compare: Callable[[], Awaitable[None]] = _one_clock
    ) -> None:
        """`compare` puts our clock right by that of the database."""
        self._boots, self._ours, self._compare = boots, ours, compare
        self._told_at = time.monotonic()
        self._begun = True
        #: The others, as of the last sign of life.
        self.others: Sequence[Boot] = ()
        #: Called with the new id when all that was held is lost. It must neither wait for the store
        #: nor raise.
        self.renewed: Callable[[str], Awaitable[None]] = _nothing

    @property
    def boot_id(self) -> str:
        return self._ours.boot_id

    @property
    def places(self) -> int:
        """Jobs that all who live run at once."""
        return self._ours.places + sum(other.places for other in self.others)

    async def begin(self, earlier: str | None) -> None:
        """`earlier`: the last run on our folder, which is over for certain: we hold its lock.

        Raises ConfigError when others that live on this database keep their files elsewhere, or
        have settings otherwise that must be the same.
        """
        if earlier is not None:
            await self._boots.end(earlier)
            await self._boots.inherit(earlier, self._ours.name)  # a container has a new name
        self._told_at = time.monotonic()  # until now there was nothing to tell
        await self._begin()
        await self._look_around()
        try:
            self._check_company()
        except ConfigError:
            await self.end()
            raise

    def _check_company(self) -> None:
        if any(other.files != self._ours.files for other in self.others):
            raise ConfigError(
                "another Spool works on this database, and keeps its files elsewhere",
                hint=f"services that share a database must share their files; {FORGOTTEN}",
            )
        check_alike(self._ours.settings, self.others)
        if any(other.name == self._ours.name for other in self.others):
            logger.warning(SAME_NAME, self._ours.name)

    async def end(self) -> None:
        """What is still held may be taken over at once."""
        try:
            await self._boots.end(self.boot_id)
        except SpoolError as error:
            logger.warning("the end of this run could not be told: {}", error.message)

    async def run(self) -> None:
        """For ever: tell it, and watch how long ago that went well."""
        telling = asyncio.create_task(self._tell())
        try:
            while True:
                await asyncio.sleep(WATCH)
                if time.monotonic() - self._told_at > LOST_AFTER:
                    await self._renew()
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell(self) -> None:
        """Apart from the watch: a store that hangs must not stop that."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self.run_once()
            except Exception as error:  # whatever it is: who tells nothing more loses all jobs
                unplanned = not isinstance(error, SpoolError)
                told = "the database was not told that this run lives: {}"
                logger.opt(exception=unplanned).warning(told, error)

    async def run_once(self) -> None:
        asked_at, boot_id = time.monotonic(), self.boot_id
        if not self._begun:
            await self._begin()
        elif not await self._boots.beat(boot_id) and boot_id == self.boot_id:
            return await self._renew()
        if boot_id == self.boot_id:  # else it took so long that it is not true any more
            self._told_at = asked_at
            await self._look_around()

    async def _begin(self) -> None:
        ours = self._ours
        await self._boots.begin(
            ours.boot_id,
            name=ours.name,
            places=ours.places,
            files=ours.files,
            settings=ours.settings,
        )
        self._begun = ours.boot_id == self.boot_id  # else this one was lost meanwhile

    async def _look_around(self) -> None:
        living = await self._boots.living(SILENT_AFTER)
        self.others = [each for each in living if each.boot_id != self.boot_id]
        await self._compare()

    async def _renew(self) -> None:
        logger.error("this run could not tell that it lives: it lets go of its jobs")
        self._ours = replace(self._ours, boot_id=str(uuid.uuid4()))
        self._begun, self._told_at = False, time.monotonic()
        await self.renewed(self.boot_id)
