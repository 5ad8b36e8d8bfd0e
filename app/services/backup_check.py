"""Whether a backup is what it was when it was made."""

from dataclasses import dataclass
from pathlib import Path

from app.domain.backups import (
    DATABASE,
    FILES,
    LISTING,
    MANIFEST,
    Listed,
    Manifest,
    listed_in,
    manifest_from,
)
from app.domain.errors import NotFound, StorageError
from app.ports import BlobStore, Snapshots
from app.services.file_copy import FileCopy


async def manifest_of(folder: BlobStore) -> Manifest:
    """Raises NotFound where no backup was finished, StorageError."""
    try:
        return manifest_from(await folder.load_file(MANIFEST))
    except NotFound as error:
        message = f"there is no {MANIFEST} in it: this is no backup, or one that was cut short"
        raise NotFound(message) from error


async def changed(folder: BlobStore, key: str, sha256: str) -> str | None:
    """What is wrong with the file, in words."""
    try:
        copy = await FileCopy(folder, key).looked_at()
    except (NotFound, StorageError) as error:
        return f"{key}: {error.message}"
    return None if copy.sha256 == sha256 else f"{key} is not what it was"


@dataclass(frozen=True, kw_only=True)
class BackupCheck:
    folder: BlobStore
    #: The place of `DATABASE` in it.
    database: Path
    snapshots: Snapshots

    async def run(self) -> list[str]:
        """What is wrong, in words; reads all of it. Raises NotFound where there is no backup."""
        manifest = await manifest_of(self.folder)
        damaged = await self.sheets(manifest)
        if damaged:
            return damaged
        return await self.rows_and_files()

    async def rows_and_files(self) -> list[str]:
        """The rest of it, where `sheets` finds nothing."""
        return await self._rows() + await self._files()

    async def sheets(self, manifest: Manifest) -> list[str]:
        """Of the database and of the listing alone."""
        told = ((DATABASE, manifest.database_sha256), (LISTING, manifest.listing_sha256))
        found = [await changed(self.folder, key, sha256) for key, sha256 in told]
        return [line for line in found if line]

    async def listed(self) -> list[Listed]:
        return listed_in(await self.folder.load_file(LISTING))

    async def _rows(self) -> list[str]:
        found = await self.snapshots.damage(self.database)
        return [f"{DATABASE}: {line}" for line in found]

    async def _files(self) -> list[str]:
        every = await self.listed()
        found = [await changed(self.folder, f"{FILES}/{one.key}", one.sha256) for one in every]
        return [line for line in found if line]
