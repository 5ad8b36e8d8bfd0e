"""The folder behind the `Scratch` port, where the store is a bucket."""

import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from anyio import to_thread

from app.adapters.object_store.errors import plain
from app.adapters.object_store.opened import OpenedObject
from app.adapters.object_store.storage import ObjectStorage
from app.domain.errors import NotFound
from app.domain.system_errors import refused

PIECE = 8 * 1024 * 1024  # bytes in memory at a time
BROUGHT = "brought"


class CopyScratch:
    """Copies in `folder`, which is of this process alone. Nothing in it outlives a start."""

    def __init__(self, folder: Path, storage: ObjectStorage) -> None:
        self._folder, self._storage = folder, storage

    def path(self, key: str) -> Path:
        path = self._folder / plain(key)
        with _translated(key):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    async def bring(self, key: str) -> Path:
        """A copy for this caller alone, whatever others do with theirs."""
        with closing(await self._storage.open(key)) as file:
            place = self.path(f"{BROUGHT}/{uuid.uuid4().hex}{PurePosixPath(key).suffix}")
            try:
                await _copied(file, place, key)
            except BaseException:
                self.let_go(place)
                raise
        return place

    async def keep(self, key: str) -> None:
        await self._storage.save_file(key, _read(self.path(key), key))

    def open(self, place: Path) -> BinaryIO:
        with _translated(place.name):
            return place.open("rb")

    def let_go(self, place: Path) -> None:
        with suppress(OSError):
            place.unlink()

    async def delete_file(self, key: str) -> bool:
        return await to_thread.run_sync(_deleted, self.path(key))

    def clear(self) -> None:
        """What a dead run left; at start, before anything is written. Blocks."""
        shutil.rmtree(self._folder, ignore_errors=True)


async def _copied(file: OpenedObject, place: Path, key: str) -> None:
    with _translated(key), place.open("xb", buffering=0) as copy:
        done = 0
        while piece := await file.read(done, PIECE):
            await to_thread.run_sync(_write, copy, piece)
            done += len(piece)


def _write(copy: BinaryIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[copy.write(left) :]


async def _read(path: Path, key: str) -> AsyncIterator[bytes]:
    with _translated(key), path.open("rb") as file:
        while piece := await to_thread.run_sync(file.read, PIECE):
            yield piece


def _deleted(path: Path) -> bool:
    with _translated(path.name):
        existed = path.exists()
        path.unlink(missing_ok=True)
    return existed


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFound(f"no file {name}") from error
    except OSError as error:
        raise refused(error, "the disk refuses") from error
