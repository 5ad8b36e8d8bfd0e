"""First filter: from a job to a file on this machine, opened and held."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Forbidden, MediaEmpty, NotFound, SourceError, SourceGone
from app.domain.jobs import Job, SourceKind, upload_key
from app.pipeline.fingerprint import note_fetched
from app.pipeline.source import HeldSource
from app.pipeline.tools import MayKeep, Tools, anything
from app.pipeline.work import Work
from app.ports import MediaFetcher, Scratch, SourceFolders

GONE = "the file is no longer there"


async def source_of(tools: Tools, work: Work) -> HeldSource:
    """Fetched for its first reader, and held until the job ends. Raises as `fetch` does."""
    if work.source is None:
        work.source = await fetch(
            work.job, tools.scratch, tools.fetcher, tools.in_place, tools.may_keep
        )
        await note_fetched(work, work.source)
    return work.source


async def fetch(
    job: Job,
    scratch: Scratch,
    fetcher: MediaFetcher,
    in_place: SourceFolders,
    may_keep: MayKeep = anything,
) -> HeldSource:
    """The medium's file: an upload from the store, a server path in place, a URL downloaded.

    Raises SourceError, MediaEmpty, Forbidden, TooLarge, Exhausted, StorageError.
    """
    if job.source is SourceKind.PATH:
        path = Path(job.input_path)
        opened = partial(in_place.open, path)
        return await _held(job, partial(HeldSource, job.source_name, path, opened, ours=False))
    if job.source is SourceKind.URL:
        place = await _downloaded(job, scratch, fetcher, may_keep)
    else:
        place = await _brought(job, scratch)
    return await _held(job, partial(_of_the_store, job.source_name, scratch, place))


async def _downloaded(job: Job, scratch: Scratch, fetcher: MediaFetcher, may_keep: MayKeep) -> Path:
    """Once, whoever goes on with the job. Its length is often unknown: it moves no bar."""
    key = upload_key(job.job_id, job.source_name)
    try:
        return await scratch.bring(key)
    except NotFound:
        place = scratch.path(key)
    try:
        await fetcher.fetch(job.input_path, place, lambda fraction: None)
        await may_keep(job, (await asyncio.to_thread(place.stat)).st_size)
        await scratch.keep(key)
    except Forbidden:  # who may not keep it keeps nothing, in a store of this folder neither
        await scratch.delete_file(key)
        raise
    except BaseException:
        scratch.let_go(place)
        raise
    return place


async def _brought(job: Job, scratch: Scratch) -> Path:
    try:
        return await scratch.bring(job.input_path)
    except NotFound as error:
        raise SourceGone(f"{job.source_name}: {GONE}") from error


def _of_the_store(name: str, scratch: Scratch, place: Path) -> HeldSource:
    """Which then lets go of it; a copy of the whole medium would stay otherwise."""
    let_go = partial(scratch.let_go, place)
    try:
        return HeldSource(name, place, partial(_opened, scratch, place), ours=True, let_go=let_go)
    except BaseException:
        let_go()
        raise


def _opened(scratch: Scratch, place: Path) -> BinaryIO:
    try:
        return scratch.open(place)
    except NotFound as error:
        raise SourceGone(GONE) from error


async def _held(job: Job, make: Callable[[], HeldSource]) -> HeldSource:
    source = await _made(make, job)
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
