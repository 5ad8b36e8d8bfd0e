"""A backup becomes a service again: first its files, then its rows."""

from contextlib import aclosing
from dataclasses import dataclass

from app.domain.backups import FILES, Listed, Manifest
from app.domain.crashpoints import reached
from app.domain.errors import ConfigError, NotFound, StorageError
from app.domain.uploads import FOLDER as UPLOADS
from app.ports import BlobStore, ResumableFiles, Snapshots
from app.services.backup import KeptFiles
from app.services.backup_check import BackupCheck, manifest_of
from app.services.file_copy import FileCopy
from app.services.job_files import KEPT


@dataclass(frozen=True, kw_only=True)
class Restore:
    """Into a place where nothing is. Cut short it leaves files without rows, and can be begun
    again in another."""

    backup: BackupCheck
    #: The same ones, to be looked for and to be written.
    found: KeptFiles
    files: BlobStore
    growing: ResumableFiles
    snapshots: Snapshots

    async def check(self) -> Manifest:
        """Of the backup, before room is made for it. Raises NotFound where there is none,
        StorageError where its database or its listing is damaged."""
        manifest = await manifest_of(self.backup.folder)
        if damaged := await self.backup.sheets(manifest):
            raise _damaged(damaged[0])
        return manifest

    async def check_all(self) -> None:
        """Reads all of what `check` left. Raises StorageError where anything is damaged."""
        if damaged := await self.backup.rows_and_files():
            more = f", and {len(damaged) - 1} more" if damaged[1:] else ""
            raise _damaged(f"{damaged[0]}{more}")

    async def check_free(self, *, database: bool = True, files: bool = True) -> None:
        """Raises ConfigError where the database has rows or the store has files."""
        if database:
            await self.snapshots.check_free()
        if files:
            await self._check_no_files()

    async def run(self) -> None:
        """Of what was checked. Raises StorageError where a file is damaged since, ConfigError where
        the database has rows or the store has files."""
        await self.check_free()  # before a file is written
        for one in await self.backup.listed():
            await self._put(one)
        reached("restore.files")
        await self.snapshots.put_back(self.backup.database)

    async def _check_no_files(self) -> None:
        for folder in (*KEPT, UPLOADS):
            async with aclosing(self.found.job_files(folder)) as batches:
                async for batch in batches:
                    raise ConfigError(
                        f"there are files of jobs already: {next(iter(batch))}",
                        hint="name another place in [app.storage] files_url",
                    )

    async def _put(self, one: Listed) -> None:
        copy = FileCopy(self.backup.folder, f"{FILES}/{one.key}")
        try:
            if one.key.startswith(f"{UPLOADS}/"):
                await copy.grown_into(self.growing, one.key)
            else:
                await copy.into(self.files, one.key)
        except NotFound as error:
            raise _damaged(f"{FILES}/{one.key} is gone") from error
        if copy.sha256 != one.sha256:
            raise _damaged(f"{FILES}/{one.key} is not what it was")


def _damaged(what: str) -> StorageError:
    return StorageError(
        f"the backup is damaged: {what}",
        code="storage.corrupt",
        hint="`spool backup --check` tells all that is",
    )
