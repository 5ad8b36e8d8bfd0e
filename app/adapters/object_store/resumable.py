"""The bucket behind the `ResumableFiles` port.

Objects do not grow: what is synced becomes a part of its own, `<key>/<place of its first byte>`,
and the whole file is put together at the end. So its bytes travel twice more. Parts are put only
where there is none: of two instances that write to one upload, the second one is told.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from app.adapters.object_store.errors import plain
from app.adapters.object_store.parts import OpenedParts, Part, begun, cut, parts_of, remove
from app.adapters.object_store.storage import ObjectStorage
from app.adapters.object_store.store import Store
from app.domain.errors import NotFound

PIECE = 8 * 1024 * 1024  # bytes in memory at a time
MOST = 16 * 1024 * 1024  # bytes of a part


class GrowingParts:
    """The `GrowingFile` port. What is not synced yet is in memory, up to `MOST`."""

    def __init__(self, store: Store, key: str, parts: list[Part]) -> None:
        self._store, self._key, self._parts = store, key, parts
        self._block = bytearray()

    async def append(self, block: bytes) -> None:
        self._block += block
        if len(self._block) >= MOST:
            await self.sync()

    async def sync(self) -> int:
        """What does not get through stays, to be tried again."""
        if self._block:
            block = bytes(self._block)
            self._parts.append(await begun(self._store, self._key, self._end, block))
            self._block.clear()
        return self._end

    async def cut(self, size: int) -> None:
        del self._block[max(size - self._end, 0) :]
        if size < self._end:
            self._parts = await cut(self._store, self._key, self._parts, size)

    @property
    def _end(self) -> int:
        return self._parts[-1].end if self._parts else 0


class GrowingObjects:
    """Keys are relative POSIX paths; any other is Forbidden."""

    def __init__(self, store: Store, storage: ObjectStorage) -> None:
        self._store, self._storage = store, storage

    @asynccontextmanager
    async def grow(self, key: str, size: int) -> AsyncIterator[GrowingParts]:
        parts = await parts_of(self._store, plain(key))
        if size and (not parts or parts[-1].end < size):
            raise NotFound("the file is shorter than it was")
        yield GrowingParts(self._store, key, await cut(self._store, key, parts, size))

    async def sha256(self, key: str) -> str:
        digest = hashlib.sha256()
        async for piece in self._read(await self._there(key)):
            digest.update(piece)
        return digest.hexdigest()

    async def open(self, key: str) -> OpenedParts:
        return OpenedParts(self._store, await self._there(key))

    async def finish(self, key: str, target: str) -> None:
        plain(target)
        if parts := await parts_of(self._store, plain(key)):
            with suppress(NotFound):  # another instance was quicker, and is removing them
                await self._storage.save_file(target, self._read(parts))
                await remove(self._store, parts)
                return
        (await self._storage.open(target)).close()

    async def delete_file(self, key: str) -> bool:
        parts = await parts_of(self._store, plain(key))
        await remove(self._store, parts)
        return bool(parts)

    async def _there(self, key: str) -> list[Part]:
        if parts := await parts_of(self._store, plain(key)):
            return parts
        raise NotFound("there is no such file")

    async def _read(self, parts: Sequence[Part]) -> AsyncIterator[bytes]:
        file, done = OpenedParts(self._store, parts), 0
        while piece := await file.read(done, PIECE):
            yield piece
            done += len(piece)
