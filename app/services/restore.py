"""A backup becomes a service again: first its files, then its rows."""

from dataclasses import dataclass

from app.domain.backups import DATABASE, FILES, Listed, Manifest
from app.domain.crashpoints import reached
from app.domain.errors import NotFound, StorageError
from app.ports import BlobStore, Snapshots
from app.services.backup_check import BackupCheck, manifest_of
from app.services.file_copy import FileCopy


@dataclass(frozen=True, kw_only=True)
class Restore:
    """Into a place where nothing is. Cut short it leaves files without rows, and can be begun
    again in another."""

    folder: BlobStore
    files: BlobStore
    snapshots: Snapshots

    async def run(self) -> Manifest:
        """Raises NotFound where there is no backup, StorageError where it is damaged, ConfigError
        where the database has rows."""
        manifest = await manifest_of(self.folder)
        check = BackupCheck(folder=self.folder, snapshots=self.snapshots)
        if damaged := await check.sheets(manifest):
            raise _damaged(damaged[0])
        await self.snapshots.check_free()  # before a file is written
        for one in await check.listed():
            await self._put(one)
        reached("restore.files")
        await self.snapshots.put_back(self.folder.path(DATABASE))
        return manifest

    async def _put(self, one: Listed) -> None:
        try:
            copy = await FileCopy(self.folder, f"{FILES}/{one.key}").into(self.files, one.key)
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
