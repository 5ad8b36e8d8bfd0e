"""First filter: from a job to a file on this machine."""

import stat
from pathlib import Path

from app.domain.errors import MediaEmpty, SourceGone
from app.domain.jobs import Job, SourceKind, upload_key
from app.ports import BlobStore, MediaFetcher, Progress


async def fetch(job: Job, blobs: BlobStore, fetcher: MediaFetcher, progress: Progress) -> Path:
    """The medium's file: an upload or a server path in place, a URL downloaded.

    Raises SourceError, MediaEmpty, Forbidden.
    """
    source = _place(job, blobs)
    if job.source is SourceKind.URL and not source.exists():
        await fetcher.fetch(job.input_path, source, progress)
    _check(source, job.source_name)
    return source


def _place(job: Job, blobs: BlobStore) -> Path:
    if job.source is SourceKind.PATH:
        return Path(job.input_path)
    if job.source is SourceKind.UPLOAD:
        return blobs.path(job.input_path)
    return blobs.path(upload_key(job.job_id, job.source_name))


def _check(source: Path, name: str) -> None:
    try:
        found = source.stat()
    except OSError as error:
        raise SourceGone(f"{name} is no longer there") from error
    if not stat.S_ISREG(found.st_mode):
        raise SourceGone(f"{name} is no longer a regular file")
    if found.st_size == 0:
        raise MediaEmpty(f"{name} has no bytes")
