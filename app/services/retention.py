"""Lets jobs go that ended long ago."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from loguru import logger

from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.metrics import RETENTION_DELETED, UNCOUNTED
from app.ports import JobStore, Meter
from app.services.jobs import JobService

INTERVAL = 3600.0  # seconds between two looks
BATCH = 100  # jobs


class Retention:
    """With their files, transcripts and moments. Dead letters stay until somebody saw to them."""

    def __init__(
        self,
        store: JobStore,
        jobs: JobService,
        days: float,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        meter: Meter = UNCOUNTED,
    ) -> None:
        """`days` since the end of a job; 0 keeps all."""
        self._store, self._jobs, self._days = store, jobs, days
        self._now, self._sleep, self._meter = now, sleep, meter

    async def run(self) -> None:
        """For ever; at once, and then every hour."""
        while self._days:
            try:
                await self.run_once()
            except SpoolError as error:
                logger.warning("old jobs stay for now: {}", error.message)
            await self._sleep(INTERVAL)

    async def run_once(self) -> int:
        """Returns how many jobs went."""
        before = self._now() - timedelta(days=self._days)
        gone = 0
        while old := await self._store.expired(before, BATCH):
            fresh = 0
            for job in old:
                fresh += await self._jobs.expire(job, before)
            gone += fresh
            self._meter.add(RETENTION_DELETED, fresh)
            if not fresh:  # all of them were sent on their way again meanwhile
                break
        if gone:
            logger.info("{} jobs that ended more than {:g} days ago are deleted", gone, self._days)
        return gone
