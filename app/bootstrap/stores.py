"""Where files are kept: a folder of this machine, or a bucket that several may share."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from app.adapters.local_storage import LocalStorage, ResumableStorage, ScratchInPlace
from app.adapters.local_storage.store_mark import store_id as folder_id
from app.config import Storage
from app.ports import BlobStore, ResumableFiles, Scratch
from app.services.job_files import JobFiles

#: In a bucket, another instance may be about to write the row of a younger file.
YOUNG = timedelta(hours=1)
#: How long somebody who waits for an answer is kept waiting.
BRIEFLY = timedelta(seconds=5)


class FileStore(BlobStore, JobFiles, Protocol):
    """What serves requests and jobs, and the sweep of what no job needs."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    blobs: FileStore
    #: The same, to be swept of what no job needs.
    swept: JobFiles
    resumable: ResumableFiles
    scratch: Scratch
    #: Takes away what a dead run was working on here; at start. Blocks.
    clear: Callable[[], None]
    #: The folder of this machine whose disk must not run full.
    local: LocalStorage
    #: Which store it is, whoever uses it. Raises StorageError.
    store_id: Callable[[], Awaitable[str]]
    #: The id of the database that a bucket belongs to: the one that is told, if none was before.
    #: A folder is one service's alone.
    owner: Callable[[str], Awaitable[str]] | None = None
    #: Bytes of a file that it can hold; None: as many as there is room for.
    largest: int | None = None


def stores(kept: Storage, files: Path) -> Stores:
    """`files`: the folder, where there is no bucket. Nothing is asked or made yet.

    Raises ConfigError.
    """
    return _folder(files) if kept.files_url is None else _bucket(kept, kept.files_url)


async def try_bucket(url: str, options: Mapping[str, str]) -> None:
    """Leaves nothing there. Raises ConfigError, StorageError."""
    from app.adapters import object_store  # its library is needed only here

    await object_store.probe(object_store.open_store(url, options, retries=BRIEFLY))


def index_uri(kept: Storage) -> str:
    """Beside the files, unless it is told."""
    beside = kept.data_dir / "index" if kept.files_url is None else f"{kept.files_url}/index"
    return (kept.index_uri or str(beside)).removeprefix("file://")


def index_folder(kept: Storage) -> Path | None:
    """The one of the index, where that is not in a bucket, nor the data folder itself."""
    uri = index_uri(kept)
    if "://" in uri or Path(uri).resolve() == kept.data_dir.resolve():
        return None
    return Path(uri)


def _folder(files: Path) -> Stores:
    storage = LocalStorage(files)
    return Stores(
        blobs=storage,
        swept=storage,
        resumable=ResumableStorage(files),
        scratch=ScratchInPlace(files),
        clear=lambda: None,
        local=storage,
        store_id=lambda: asyncio.to_thread(folder_id, files),
    )


def _bucket(kept: Storage, url: str) -> Stores:
    """What is worked on lies in a folder of its own."""
    from app.adapters import object_store  # its library is needed only here
    from app.adapters.object_store.storage import MOST

    store = object_store.open_store(url, kept.store_options or {})
    storage = object_store.ObjectStorage(store)
    scratch = object_store.CopyScratch(kept.data_dir / "scratch", storage)
    return Stores(
        blobs=storage,
        swept=object_store.ObjectStorage(store, young=YOUNG),
        resumable=object_store.GrowingObjects(store, storage),
        scratch=scratch,
        clear=scratch.clear,
        local=LocalStorage(kept.data_dir),
        store_id=lambda: object_store.store_id(store),
        owner=partial(object_store.owner, store),
        largest=MOST,
    )
