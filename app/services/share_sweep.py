"""Lets links go whose time is over, or whose transcript is no longer there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger

from app.domain.errors import SpoolError
from app.ports import ShareStore

INTERVAL = 3600.0  # seconds between two looks


@dataclass(frozen=True, kw_only=True)
class ShareSweep:
    """They open nothing from that moment on: this is for their rows."""

    store: ShareStore
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """For ever; at once, and then every hour."""
        while True:
            try:
                await self.run_once()
            except SpoolError as error:
                logger.warning("links that are over stay for now: {}", error.message)
            await self.sleep(INTERVAL)

    async def run_once(self) -> int:
        """Returns how many links went."""
        gone = await self.store.expire()
        if gone:
            logger.info("{} links that are over are deleted", gone)
        return gone
