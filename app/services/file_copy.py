"""One file, read to be copied or looked at, and hashed on its way."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import BinaryIO

from app.domain.system_errors import refused
from app.ports import BlobStore

BLOCK = 1024 * 1024  # bytes


class FileCopy:
    """Of the file `key` in `store`; what is told of it holds once `blocks` has come to its end."""

    def __init__(self, store: BlobStore, key: str) -> None:
        self._store, self._key = store, key
        self._digest = hashlib.sha256()
        #: Bytes.
        self.size = 0

    @property
    def sha256(self) -> str:
        """In hex."""
        return self._digest.hexdigest()

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """Raises NotFound before the first one, StorageError."""
        with self._store.open(self._key) as file:
            while block := await asyncio.to_thread(_read, file):
                self._digest.update(block)
                self.size += len(block)
                yield block

    async def into(self, target: BlobStore, key: str) -> "FileCopy":
        async with aclosing(self.blocks()) as blocks:
            await target.save_file(key, blocks)
        return self

    async def looked_at(self) -> "FileCopy":
        async with aclosing(self.blocks()) as blocks:
            async for _ in blocks:
                pass
        return self


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(BLOCK)
    except OSError as error:
        raise refused(error, "a file cannot be read") from error
