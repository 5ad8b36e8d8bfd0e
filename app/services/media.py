"""The medium of an asset itself, as it came, and what players need beside it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.domain.content_types import content_type_of
from app.domain.errors import Forbidden, NotFound, SourceError
from app.domain.jobs import Job, SourceKind, upload_key, waveform_key
from app.domain.media_types import MediaType
from app.ports import BlobStore, JobStore, SourceFolders, StoredFile
from app.services.assets import AssetService, AssetState


@dataclass(frozen=True, kw_only=True)
class Medium:
    """Opened; whoever got it closes it."""

    file: StoredFile
    #: The job that brought it.
    job_id: str
    #: As the client called the file.
    name: str
    content_type: str
    #: Bytes.
    size: int
    #: When it was last written to, in nanoseconds since the epoch.
    modified: int


@dataclass(frozen=True, kw_only=True)
class AssetMedia:
    """All verbs raise NotFound, also when there is no such asset."""

    assets: AssetService
    store: JobStore
    blobs: BlobStore
    #: Folders of this machine in which media are read in place.
    in_place: SourceFolders
    #: Takes over what was opened there.
    stored: Callable[[BinaryIO], StoredFile]

    async def open(self, asset_id: str) -> Medium:
        """As its job looks at it: what came as a path is opened only if it still may be read."""
        state = await self.assets.get(asset_id)
        job = await self.store.get(state.asset.job_id)
        if job is not None and _is_told(state, job):
            with suppress(NotFound, Forbidden, SourceError):
                return _medium(job, await self._file(job))
        raise NotFound(f"the medium of {asset_id} cannot be had", code="asset.no_media")

    async def waveform(self, asset_id: str) -> bytes:
        """JSON."""
        state = await self.assets.get(asset_id)
        with suppress(NotFound):
            return await self.blobs.load_file(waveform_key(state.asset.job_id))
        raise NotFound(f"there is no waveform of {asset_id}", code="asset.no_waveform")

    async def _file(self, job: Job) -> StoredFile:
        if job.source is SourceKind.PATH:
            return await asyncio.to_thread(self._in_place, Path(job.input_path))
        if job.source is SourceKind.UPLOAD:
            return await self.blobs.open(job.input_path)
        return await self.blobs.open(upload_key(job.job_id, job.source_name))

    def _in_place(self, path: Path) -> StoredFile:
        return self.stored(self.in_place.open(path))


def _medium(job: Job, file: StoredFile) -> Medium:
    return Medium(
        file=file,
        job_id=job.job_id,
        name=job.file_name,
        content_type=content_type_of(job.source_name),
        size=file.size,
        modified=file.modified,
    )


def _is_told(state: AssetState, job: Job) -> bool:
    """What came as a path or a URL only once it turned out to be a medium: else whoever may name
    one could read any file there. What was uploaded its owner has already."""
    if state.asset.media_type is MediaType.TEXT:
        return False
    return state.kept or job.source is SourceKind.UPLOAD
