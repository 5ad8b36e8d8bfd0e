"""The folder behind the `BlobStore` port."""

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from anyio import CancelScope, to_thread

from app.adapters.local_storage.disk import make_folder, translated
from app.adapters.local_storage.keys import is_unfinished, path_inside
from app.adapters.local_storage.part import Part
from app.domain.errors import NotFound, TooLarge

P = ParamSpec("P")
T = TypeVar("T")

#: Small chunks are collected to this before a thread writes them.
BLOCK = 1024 * 1024  # bytes

_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalStorage:
    """Keys are relative POSIX paths; one that leads out of `root` is Forbidden."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save_file(
        self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
    ) -> int:
        part = Part(path_inside(self._root, key))
        try:
            await _in_thread(part.open)
            async with contextlib.aclosing(_blocks(chunks, limit)) as blocks:
                async for block in blocks:
                    await _in_thread(part.write, block)
            await _in_thread(part.finish)
            await _in_thread(part.publish)
        except BaseException:
            await _in_thread(part.discard)
            raise
        return part.size

    async def load_file(self, key: str) -> bytes:
        return await _in_thread(self._read, key)

    async def delete_file(self, key: str) -> bool:
        return await _in_thread(self._delete, key)

    def open(self, key: str) -> BinaryIO:
        path = path_inside(self._root, key)
        with translated():
            try:
                return _open_regular(path)
            except _ABSENT as error:
                raise NotFound(f"no file {key}") from error

    def path(self, key: str) -> Path:
        path = path_inside(self._root, key)
        with translated():
            make_folder(path.parent)
        return path

    async def sweep_parts(self) -> int:
        """Remove what a dead run left unfinished; at start, before anything is written."""
        return await _in_thread(self._sweep)

    def free_bytes(self) -> int:
        """What this process may still write."""
        with translated():
            make_folder(self._root)
            return shutil.disk_usage(self._root).free

    def _read(self, key: str) -> bytes:
        with self.open(key) as file, translated():
            return file.read()

    def _delete(self, key: str) -> bool:
        path = path_inside(self._root, key)
        with translated():
            try:
                path.unlink()
            except _ABSENT:
                return False
        return True

    def _sweep(self) -> int:
        removed = 0
        for folder, _, names in os.walk(self._root):
            for name in filter(is_unfinished, names):
                with translated():
                    Path(folder, name).unlink(missing_ok=True)
                removed += 1
        return removed


async def _blocks(chunks: AsyncIterator[bytes], limit: int | None) -> AsyncGenerator[bytes, None]:
    """The same bytes in blocks of about `BLOCK`. Raises TooLarge past `limit`."""
    block = bytearray()
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(f"more than the {limit} bytes that are allowed")
        block += chunk
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A cancelled caller waits until the thread is done: nobody else may touch the file yet."""
    work = asyncio.ensure_future(to_thread.run_sync(lambda: function(*args, **kwargs)))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        with CancelScope(shield=True):
            while not work.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({work})
        raise


def _open_regular(path: Path) -> BinaryIO:
    """A pipe would block for ever, and a folder is no file: neither is what was saved."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return os.fdopen(descriptor, "rb")
