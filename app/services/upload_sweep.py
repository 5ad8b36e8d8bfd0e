"""Uploads whose time is over, those that a death left at the last step, files of neither."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from loguru import logger

from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict, SpoolError
from app.domain.uploads import FOLDER, ResumableUpload
from app.ports import ResumableFiles, UploadStore
from app.services.sweep import JobFiles
from app.services.upload_finish import UploadFinish
from app.services.upload_turns import Turns

INTERVAL = 300.0  # seconds


@dataclass(frozen=True, kw_only=True)
class UploadSweep:
    store: UploadStore
    files: ResumableFiles
    #: The same files, in bulk.
    bulk: JobFiles
    finish: UploadFinish
    turns: Turns
    clock: Clock = field(default=utc_now)
    interval: float = INTERVAL
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def recover(self) -> None:
        """Before files without a job are looked for: those that lack nothing but the job get it.

        Never raises. What needs longer is left to `run`.
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
        """Returns how many uploads and files went."""
        for upload in await self.store.whole():
            await self._finish(upload)
        expired = [await self._expire(upload) for upload in await self.store.expired()]
        gone = sum(expired) + await self._clear()
        if gone:
            logger.info("{} abandoned uploads are removed", gone)
        return gone

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
                if stored is None or stored.expires_at > self.clock():
                    return False
                await self.store.delete(stored.upload_id)
                await self.files.delete_file(stored.growing_key)
        except Conflict:  # somebody is still at work on it
            return False
        return True

    async def _clear(self) -> int:
        """Files are made after their row, so that one without a row is nobody's."""
        count = 0
        async with aclosing(self.bulk.job_files(FOLDER)) as batches:
            async for batch in batches:
                growing = await self.store.growing(list(batch.values()))
                dead = [key for key, upload_id in batch.items() if upload_id not in growing]
                await self.bulk.remove(dead)
                count += len(dead)
        return count
