"""Lets jobs go that ended long ago."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from loguru import logger

from app.domain.clock import utc_now
from app.domain.errors import SpoolError
from app.domain.jobs import Job
from app.domain.metrics import RETENTION_DELETED, UNCOUNTED
from app.domain.retention import Expiry, RetentionRules
from app.ports import JobStore, Meter
from app.services.jobs import JobService

#: Seconds before the first look: a new rule can be looked at before it deletes.
FIRST_AFTER = 600.0
INTERVAL = 3600.0  # seconds between two looks
BATCH = 100  # jobs


class Retention:
    """With their files, transcripts and moments, and the key-frames of a video. Of what runs or
    waits none ever goes, nor what such work needs, nor what a webhook is still to tell of."""

    def __init__(
        self,
        store: JobStore,
        jobs: JobService,
        rules: RetentionRules,
        *,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._store, self._jobs, self._rules = store, jobs, rules
        self._now, self._sleep, self._meter = now, sleep, meter

    async def run(self) -> None:
        """For ever; at first after ten minutes, and then every hour."""
        if not self._rules:
            return
        logger.info("jobs whose time is over go in ten minutes; `spool retention` tells which")
        await self._sleep(FIRST_AFTER)
        while True:
            try:
                await self.run_once()
            except SpoolError as error:
                logger.warning("old jobs stay for now: {}", error.message)
            await self._sleep(INTERVAL)

    async def run_once(self) -> int:
        """Returns how many jobs went."""
        return sum([await self._let_go(expiry) for expiry in self._rules.due(self._now())])

    async def due(self, limit: int) -> list[tuple[Expiry, Sequence[Job]]]:
        """What would go now, rule by rule: of each the first `limit` jobs, longest over first."""
        return await due(self._store, self._rules, self._now(), limit)

    async def _let_go(self, expiry: Expiry) -> int:
        gone = 0
        while old := await self._store.expired(expiry, BATCH):
            fresh = 0
            for job in old:
                fresh += await self._jobs.expire(job, expiry)
            gone += fresh
            self._meter.add(RETENTION_DELETED, fresh)
            if not fresh:  # all of them were sent on their way again meanwhile
                break
        if gone:
            told = "{} jobs that ended before {:%Y-%m-%d} ({}) are deleted: their time is over"
            logger.info(told, gone, expiry.before, expiry.ending)
        return gone


async def due(
    store: JobStore, rules: RetentionRules, now: datetime, limit: int
) -> list[tuple[Expiry, Sequence[Job]]]:
    """Deletes nothing, so that it needs no service at work."""
    return [(expiry, await store.expired(expiry, limit)) for expiry in rules.due(now)]
