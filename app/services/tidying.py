"""Files that became orphans while the service runs go, too."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger

from app.domain.errors import SpoolError
from app.services.sweep import FileSweep

INTERVAL = 3600.0  # seconds between two looks


@dataclass(frozen=True, kw_only=True)
class Tidying:
    sweep: FileSweep
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """For ever; every hour, for at first the start has just done it."""
        while True:
            await self.sleep(INTERVAL)
            try:
                await self.sweep.tidy()
            except SpoolError as error:
                logger.warning("files without a job stay for now: {}", error.message)
