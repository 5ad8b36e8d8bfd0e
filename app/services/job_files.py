"""Files of jobs: the folders that they are kept in, and what removes many of them."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from loguru import logger

from app.domain.errors import StorageError
from app.domain.jobs import (
    Job,
    SourceKind,
    frames_key,
    pcm_key,
    reel_key,
    result_key,
    thumbnail_key,
    upload_key,
    waveform_key,
)
from app.domain.media_types import FOLDERS
from app.ports import BlobStore

KEPT = (*sorted(set(FOLDERS.values())), "keyframes", "results", "thumbnails", "waveforms")
#: Keys of what is made of a medium.
MADE = (pcm_key, reel_key, result_key, thumbnail_key, frames_key, waveform_key)


class JobFiles(Protocol):
    """Files of jobs, in bulk."""

    def job_files(
        self, folder: str, before: datetime | None = None
    ) -> AsyncGenerator[dict[str, str], None]:
        """Batches of keys with the id of their job; `before`: written last before then."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """One that is gone is fine."""
        ...

    async def set_aside(self, keys: Sequence[str], place: str) -> Path:
        """Move them under the folder `place`; returns where that is."""
        ...


async def delete_files(blobs: BlobStore, jobs: Sequence[Job]) -> None:
    """What is kept for jobs whose rows are gone by now: what stays here is swept some time. A file
    of the machine's own is not ours."""
    try:
        await blobs.remove([key for job in jobs for key in _keys(job)])
    except StorageError as error:
        logger.warning("files of deleted jobs stay for now: {}", error.message)


def _keys(job: Job) -> tuple[str, ...]:
    return (*_upload(job), *(key(job.job_id) for key in MADE))


def _upload(job: Job) -> tuple[str, ...]:
    if job.source is SourceKind.PATH:
        return ()
    if job.source is SourceKind.URL:
        return (upload_key(job.job_id, job.source_name),)
    return (job.input_path,)
