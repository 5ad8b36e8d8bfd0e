"""First filter: from a job to a file on this machine, opened and held."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import MediaEmpty, NotFound, SourceError, SourceGone
from app.domain.jobs import Job, SourceKind, upload_key
from app.pipeline.source import HeldSource
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import BlobStore, MediaFetcher, SourceFolders


async def source_of(tools: Tools, work: Work) -> HeldSource:
    """Fetched for its first reader, and held until the job ends. Raises as `fetch` does."""
    if work.source is None:
        work.source = await fetch(work.job, tools.blobs, tools.fetcher, tools.in_place)
    return work.source


async def fetch(
    job: Job, blobs: BlobStore, fetcher: MediaFetcher, in_place: SourceFolders
) -> HeldSource:
    """The medium's file: an upload or a server path in place, a URL downloaded.

    Raises SourceError, MediaEmpty, Forbidden, TooLarge, Exhausted, StorageError.
    """
    if job.source is SourceKind.PATH:
        path = Path(job.input_path)
        return await _held(job, path, partial(in_place.open, path), ours=False)
    key = job.input_path
    if job.source is SourceKind.URL:
        key = upload_key(job.job_id, job.source_name)
        await _downloaded(job, blobs.path(key), fetcher)
    return await _held(job, blobs.path(key), partial(_kept, blobs, key), ours=True)


async def _downloaded(job: Job, target: Path, fetcher: MediaFetcher) -> None:
    """Its length is often unknown: it moves no bar."""
    if not await asyncio.to_thread(target.exists):
        await fetcher.fetch(job.input_path, target, lambda fraction: None)


def _kept(blobs: BlobStore, key: str) -> BinaryIO:
    try:
        return blobs.open(key)
    except NotFound as error:
        raise SourceGone("the file is no longer there") from error


async def _held(job: Job, place: Path, opened: Callable[[], BinaryIO], *, ours: bool) -> HeldSource:
    source = await _made(partial(HeldSource, job.source_name, place, opened, ours=ours), job)
    if source.size == 0:
        source.close()
        raise MediaEmpty(f"{job.source_name} has no bytes")
    return source


async def _made(make: Callable[[], HeldSource], job: Job) -> HeldSource:
    """In a thread; what is opened for a job that is cancelled meanwhile is closed."""
    making = asyncio.ensure_future(asyncio.to_thread(make))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        making.add_done_callback(_let_go)
        raise
    except SourceError as error:
        raise type(error)(f"{job.source_name}: {error.message}", code=error.code) from error


def _let_go(making: "asyncio.Task[HeldSource]") -> None:
    if not making.cancelled() and making.exception() is None:
        making.result().close()
