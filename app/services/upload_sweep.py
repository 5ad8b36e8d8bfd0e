"""Uploads whose time is over, and those that a death left at the last step."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from loguru import logger

from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict, SpoolError
from app.domain.uploads import ResumableUpload
from app.ports import UploadStore
from app.services.upload_finish import UploadFinish
from app.services.upload_turns import Turns

INTERVAL = 300.0  # seconds
#: To hash and to put together the largest of them takes minutes.
AT_WORK = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class UploadSweep:
    store: UploadStore
    finish: UploadFinish
    turns: Turns
    #: Other instances, which know nothing of `turns`, may be at work on the same uploads.
    shared: bool = False
    clock: Clock = field(default=utc_now)
    interval: float = INTERVAL
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def recover(self) -> None:
        """At start: those that lack nothing but the job get it.

        Never raises. What needs longer, or fails, is left to `run`.
        """
        try:
            for upload in await self.store.whole():
                if upload.sha256 is not None:
                    await self._finish(upload)
        except SpoolError as error:
            logger.warning("uploads are not looked through: {}", error.message)

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.run_once()
            except SpoolError as error:
                logger.warning("uploads are not swept: {}", error.message)
            await self.sleep(self.interval)

    async def run_once(self) -> int:
        """Returns how many uploads went."""
        for upload in await self.store.whole():
            if not self._is_at_work(upload):
                await self._finish(upload)
        gone = sum([await self._expire(upload) for upload in await self.store.expired()])
        if gone:
            logger.info("{} abandoned uploads are removed", gone)
        return gone

    def _is_at_work(self, upload: ResumableUpload) -> bool:
        """Whoever received its last byte; to do the same beside it would only take as long."""
        return self.shared and self.clock() - upload.updated_at < AT_WORK

    async def _finish(self, upload: ResumableUpload) -> None:
        """As it is once it is our turn: its client may have been quicker."""
        try:
            async with self.turns.take(upload.upload_id):
                stored = await self.store.get(upload.upload_id)
                if stored is not None and stored.whole:
                    await self.finish.run(stored)
        except SpoolError as error:
            left = logger.bind(job_id=upload.upload_id)
            left.warning("the upload is whole and not a job yet: {}", error.message)

    async def _expire(self, upload: ResumableUpload) -> bool:
        try:
            async with self.turns.take(upload.upload_id):
                stored = await self.store.get(upload.upload_id)
                if stored is None or stored.expires_at > self.clock() or _owed(stored):
                    return False
                await self.finish.give_up(stored)
        except Conflict:  # somebody is still at work on it
            return False
        return True


def _owed(upload: ResumableUpload) -> bool:
    """All of it was acknowledged: it becomes a job, however long that takes."""
    return upload.whole and upload.finished_at is None
