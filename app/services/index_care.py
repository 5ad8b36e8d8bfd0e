"""Caring for the index: tidied by the clock, measured, and built anew when somebody asks."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger

from app.domain.errors import SpoolError
from app.domain.index_state import IndexState
from app.ports import IndexKeeper

ROUND = 15 * 60.0  # seconds between two looks at it


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    state: IndexState
    building: bool
    #: Why the last build failed.
    trouble: str | None


class IndexCare:
    """`keeper` raises Unavailable, with the reason, while the index is not there."""

    def __init__(
        self,
        keeper: Callable[[], IndexKeeper],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._keeper = keeper
        self._sleep = sleep
        self._build: asyncio.Task[None] | None = None
        self._trouble: str | None = None
        #: As it was measured last; None before that.
        self.gauge: IndexState | None = None

    async def report(self) -> IndexReport:
        self.gauge = await self._keeper().state()
        return IndexReport(state=self.gauge, building=self._building(), trouble=self._trouble)

    async def build(self, patience: float = 0.0) -> IndexReport:
        """One at a time, in the background; waits for it for `patience` seconds at most."""
        keeper = self._keeper()
        if self._build is None or self._build.done():
            self._build = asyncio.create_task(self._built(keeper))
        await asyncio.wait({self._build}, timeout=patience)
        return await self.report()

    async def run_once(self) -> None:
        """Tidy, build where that has come to pay, and measure. Never raises."""
        try:
            keeper = self._keeper()
            await keeper.tidy()
            if await keeper.grown():
                await self.build()
            before, self.gauge = self.gauge, await keeper.state()
        except SpoolError as error:
            logger.warning("the index could not be cared for: {}", error.message)
        else:
            if before is None or before.bytes != self.gauge.bytes:
                logger.info("index: {} rows, {} bytes", self.gauge.rows, self.gauge.bytes)

    async def run(self) -> None:
        """For as long as the service lives."""
        while True:
            await self._sleep(ROUND)
            await self.run_once()

    async def aclose(self) -> None:
        """LanceDB works in threads of its own: a build that is cut short leaves what was there."""
        if self._build is not None:
            self._build.cancel()
            await asyncio.wait({self._build})

    def _building(self) -> bool:
        return self._build is not None and not self._build.done()

    async def _built(self, keeper: IndexKeeper) -> None:
        try:
            await keeper.build()
            self._trouble = None
        except SpoolError as error:
            self._trouble = error.message
            logger.error("the index could not be built: {}", error.message)
