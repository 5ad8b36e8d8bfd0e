"""The folder behind the `BlobStore` port."""

import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.adapters.local_storage.disk import held, make_folder, may_write, translated
from app.adapters.local_storage.job_files import FolderScan, move, remove
from app.adapters.local_storage.keys import path_inside
from app.adapters.local_storage.opened import OpenedFile, opened
from app.adapters.local_storage.part import Part
from app.adapters.local_storage.scratch import delete
from app.adapters.local_storage.thread import in_thread
from app.domain.blocks import in_blocks
from app.domain.crashpoints import reached
from app.domain.file_keys import is_unfinished
from app.domain.jobs import KEPT_IN

#: Small chunks are collected to this before a thread writes them.
BLOCK = 1024 * 1024  # bytes
#: Files looked at between two questions to the database.
BATCH = 500
#: A disk on which fewer files than this can be made is full, whatever space it has.
FEW_FILES = 100


class LocalStorage:
    """Keys are relative POSIX paths; one that leads out of `root` is Forbidden."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save_file(
        self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
    ) -> int:
        part = Part(path_inside(self._root, key))
        try:
            await in_thread(part.open)
            async with contextlib.aclosing(in_blocks(chunks, BLOCK, limit)) as blocks:
                async for block in blocks:
                    await in_thread(part.write, block)
            await in_thread(part.finish)
            reached("file.written")
            await in_thread(part.publish)
            reached("file.renamed")
        except BaseException:
            await in_thread(part.discard)
            raise
        return part.size

    async def load_file(self, key: str) -> bytes:
        return await in_thread(self._read, key)

    async def delete_file(self, key: str) -> bool:
        return await in_thread(delete, path_inside(self._root, key))

    async def open(self, key: str) -> OpenedFile:
        return await in_thread(lambda: OpenedFile(self._open(key)))

    async def sweep_parts(self) -> int:
        """Remove what a dead run left unfinished; at start, before anything is written."""
        return await in_thread(self._sweep)

    async def job_files(
        self, folder: str, before: datetime | None = None
    ) -> AsyncGenerator[dict[str, str], None]:
        """Batches of keys with the id of their job, of all files right in `folder` that have one,
        and were last written to before then.

        Files may be removed or set aside meanwhile. Close it when it is not read to its end.
        """
        with translated():
            scan = await in_thread(FolderScan, self._root, folder, before)
            with scan:
                while batch := await in_thread(scan.take, BATCH):
                    yield batch

    async def remove(self, keys: Sequence[str]) -> None:
        await in_thread(self._remove, keys)

    async def set_aside(self, keys: Sequence[str], place: str) -> Path:
        """Move files under the folder `place` of this store; returns where it is."""
        return await in_thread(self._set_aside, keys, place)

    def free_bytes(self) -> int:
        """What this process may still write; nothing when the disk can hold no more files."""
        with translated():
            make_folder(self._root)
            disk = os.statvfs(self._root)
        if disk.f_files and disk.f_favail < FEW_FILES:
            return 0
        return disk.f_bavail * disk.f_frsize

    def is_writable(self) -> bool:
        """Whether files of jobs can be kept now, in all folders where they are. What else lies
        here, as models on a disk of their own, does not count."""
        return all(may_write(self._root / folder) for folder in ("", *KEPT_IN))

    async def held_bytes(self) -> int:
        """Of all files in the store, whoever wrote them; some may come and go meanwhile."""
        return await in_thread(held, self._root)

    def _open(self, key: str) -> BinaryIO:
        return opened(path_inside(self._root, key), key)

    def _read(self, key: str) -> bytes:
        with self._open(key) as file, translated():
            return file.read()

    def _remove(self, keys: Sequence[str]) -> None:
        with translated():
            remove(self._root, keys)

    def _set_aside(self, keys: Sequence[str], place: str) -> Path:
        folder = path_inside(self._root, place)
        with translated():
            move(self._root, keys, folder)
        return folder

    def _sweep(self) -> int:
        removed = 0
        for folder, _, names in os.walk(self._root):
            for name in filter(is_unfinished, names):
                with translated():
                    Path(folder, name).unlink(missing_ok=True)
                removed += 1
        return removed
