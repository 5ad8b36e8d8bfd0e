"""The folder behind the `ResumableFiles` port."""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from app.adapters.local_storage.disk import make_folder, sync_folder, translated
from app.adapters.local_storage.keys import path_inside
from app.adapters.local_storage.opened import OpenedFile, opened
from app.adapters.local_storage.thread import in_thread
from app.domain.errors import NotFound

READ = 1024 * 1024  # bytes
#: Hashed between two chances to stop.
STRETCH = 64  # reads


class OpenFile:
    """Implements `ports.GrowingFile`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def append(self, block: bytes) -> None:
        await in_thread(self._append, block)

    async def sync(self) -> int:
        return await in_thread(self._sync)

    async def cut(self, size: int) -> None:
        await in_thread(self._cut, size)

    def _append(self, block: bytes) -> None:
        with translated():
            left = memoryview(block)
            while left:
                left = left[self._file.write(left) :]

    def _sync(self) -> int:
        with translated():
            os.fsync(self._file.fileno())
            return self._file.tell()

    def _cut(self, size: int) -> None:
        with translated():
            self._file.seek(self._file.truncate(size))
            os.fsync(self._file.fileno())


class ResumableStorage:
    """Keys are relative POSIX paths; one that leads out of `root` is Forbidden."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @asynccontextmanager
    async def grow(self, key: str, size: int) -> AsyncIterator[OpenFile]:
        path = path_inside(self._root, key)
        file = await in_thread(_open_at, path, size)
        try:
            yield OpenFile(file)
        finally:
            await in_thread(file.close)

    async def sha256(self, key: str) -> str:
        path = path_inside(self._root, key)
        digest = hashlib.sha256()
        with await in_thread(_open_to_read, path) as file:
            while await in_thread(_hash_some, file, digest):
                pass
        return digest.hexdigest()

    async def open(self, key: str) -> OpenedFile:
        path = path_inside(self._root, key)
        return await in_thread(lambda: OpenedFile(opened(path, key)))

    async def finish(self, key: str, target: str) -> None:
        await in_thread(_move, path_inside(self._root, key), path_inside(self._root, target))

    async def delete_file(self, key: str) -> bool:
        return await in_thread(_delete, path_inside(self._root, key))


def _open_at(path: Path, size: int) -> BinaryIO:
    """The folder is synced at once: a row that counts bytes must not outlive the file's name."""
    with translated():
        if size == 0:
            make_folder(path.parent)
        file = _open(path, os.O_RDWR | (os.O_CREAT if size == 0 else 0))
        try:
            if os.fstat(file.fileno()).st_size < size:
                raise NotFound("the file is shorter than it was")
            file.truncate(size)
            file.seek(size)
            sync_folder(path.parent)
        except BaseException:
            file.close()
            raise
    return file


def _open_to_read(path: Path) -> BinaryIO:
    with translated():
        return _open(path, os.O_RDONLY)


def _open(path: Path, flags: int) -> BinaryIO:
    """Unbuffered: what was written is with the system."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o644)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound("there is no such file") from error
    mode = "rb" if flags == os.O_RDONLY else "r+b"
    return os.fdopen(descriptor, mode, buffering=0)  # type: ignore[return-value]


def _hash_some(file: BinaryIO, digest: "hashlib._Hash") -> bool:
    """False at the end."""
    with translated():
        for _ in range(STRETCH):
            if not (block := file.read(READ)):
                return False
            digest.update(block)
    return True


def _move(path: Path, target: Path) -> None:
    with translated():
        make_folder(target.parent)
        try:
            path.rename(target)
        except FileNotFoundError as error:
            if not target.is_file():
                raise NotFound("there is no such file") from error
        sync_folder(target.parent)
        sync_folder(path.parent)


def _delete(path: Path) -> bool:
    with translated():
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True
