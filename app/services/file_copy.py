"""One file, read to be copied or looked at, and hashed on its way."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from typing import Protocol

from app.ports import BlobStore, ResumableFiles, StoredFile

#: Read at once; each is a request where the store is a bucket.
BLOCK = 8 * 1024 * 1024  # bytes


class Readable(Protocol):
    """A store of files, be they whole or growing."""

    async def open(self, key: str) -> StoredFile: ...


class FileCopy:
    """Of the file `key` in `store`; what is told of it holds once `blocks` has come to its end."""

    def __init__(self, store: Readable, key: str) -> None:
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
        with closing(await self._store.open(self._key)) as file:
            while block := await file.read(self.size, BLOCK):
                self._digest.update(block)
                self.size += len(block)
                yield block

    async def into(self, target: BlobStore, key: str) -> "FileCopy":
        async with aclosing(self.blocks()) as blocks:
            await target.save_file(key, blocks)
        return self

    async def grown_into(self, target: ResumableFiles, key: str) -> "FileCopy":
        """So that it can grow on there."""
        async with target.grow(key, 0) as file, aclosing(self.blocks()) as blocks:
            async for block in blocks:
                await file.append(block)
            await file.sync()
        return self

    async def looked_at(self) -> "FileCopy":
        async with aclosing(self.blocks()) as blocks:
            async for _ in blocks:
                pass
        return self
