"""A copy of the service while it works: its rows at one moment, then the files that they name.

Without the index and the models: the one is built again from the rows, the others are fetched.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from loguru import logger

from app import __version__
from app.domain.backups import DATABASE, FILES, LISTING, MANIFEST, Listed, Manifest, Medium
from app.domain.clock import utc_now
from app.domain.crashpoints import reached
from app.domain.errors import NotFound
from app.ports import BackupRows, BlobStore, ResumableFiles, Snapshots
from app.services.file_copy import FileCopy, Readable
from app.services.job_files import KEPT

MEDIA = 500  # jobs asked for at once


class KeptFiles(Protocol):
    """Files of jobs, in bulk."""

    def job_files(self, folder: str) -> AsyncGenerator[dict[str, str], None]:
        """Batches of keys with the id of their job."""
        ...


@dataclass(kw_only=True)
class Tally:
    files: int = 0
    #: Bytes.
    size: int = 0
    missing: list[str] = field(default_factory=list)

    def counted(self, copy: FileCopy, key: str) -> bytes:
        """Its line of the listing."""
        self.files += 1
        self.size += copy.size
        return Listed(key=key, sha256=copy.sha256).line().encode()


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Cut short at any point it leaves no manifest, and is none."""

    snapshots: Snapshots
    #: The rows in a file that was taken.
    rows: Callable[[Path], AbstractAsyncContextManager[BackupRows]]
    #: Of the service: the same ones, to be found and to be read.
    found: KeptFiles
    files: BlobStore
    #: Of uploads under way.
    growing: ResumableFiles
    #: What the backup goes into.
    folder: BlobStore
    #: The place of `DATABASE` in it.
    database: Path
    now: Callable[[], datetime] = utc_now

    async def run(self) -> Manifest:
        """Raises ConfigError where there is nothing to copy, StorageError."""
        made_at, tally = self.now(), Tally()
        schema = await self.snapshots.take(self.database)
        reached("backup.database")
        async with self.rows(self.database) as rows:
            async with aclosing(self._copied(rows, tally)) as lines:
                await self.folder.save_file(LISTING, lines)
            reached("backup.files")
            await self._account(rows, tally)
            jobs = await rows.count()
        manifest = Manifest(
            version=__version__,
            schema=schema,
            made_at=made_at,
            jobs=jobs,
            files=tally.files,
            size=tally.size,
            missing=tuple(tally.missing),
            database_sha256=await self._sha256(DATABASE),
            listing_sha256=await self._sha256(LISTING),
        )
        await self.folder.save_file(MANIFEST, _written(manifest))
        return manifest

    async def _copied(self, rows: BackupRows, tally: Tally) -> AsyncGenerator[bytes, None]:
        """A line for each file, once it lies in the backup. Uploads under way go first: when one
        is whole it gets another name."""
        for upload in await rows.growing():
            as_key = upload.growing_key
            copy = await self._copy(self.growing, as_key, as_key)
            if copy := copy or await self._copy(self.files, upload.key, as_key):
                yield tally.counted(copy, as_key)
        for folder in KEPT:
            async with aclosing(self.found.job_files(folder)) as batches:
                async for batch in batches:
                    here = await rows.known(list(batch.values()))
                    for key in [key for key, job_id in batch.items() if job_id in here]:
                        if copy := await self._copy(self.files, key, key):
                            yield tally.counted(copy, key)

    async def _copy(self, store: Readable, key: str, as_key: str) -> FileCopy | None:
        """None when it is not there, or went meanwhile."""
        try:
            return await FileCopy(store, key).into(self.folder, f"{FILES}/{as_key}")
        except NotFound:
            return None

    async def _account(self, rows: BackupRows, tally: Tally) -> None:
        """A job that was deleted meanwhile is deleted in the backup, too; of another the medium
        was gone before, and that is told."""
        after = ""
        while media := await rows.media(after, MEDIA):
            after = media[-1].job_id
            lost = [medium for medium in media if not await self._is_copied(medium)]
            alive = await self.snapshots.known([medium.job_id for medium in lost])
            for medium in lost:
                if medium.job_id in alive or not await rows.forget(medium.job_id):
                    tally.missing.append(medium.key)
        if tally.missing:
            logger.warning("{} media that jobs name are not there", len(tally.missing))

    async def _is_copied(self, medium: Medium) -> bool:
        try:
            (await self.folder.open(f"{FILES}/{medium.key}")).close()
        except NotFound:
            return False
        return True

    async def _sha256(self, key: str) -> str:
        return (await FileCopy(self.folder, key).looked_at()).sha256


async def _written(manifest: Manifest) -> AsyncIterator[bytes]:
    yield (json.dumps(manifest.document(), indent=2) + "\n").encode()
