"""The bucket behind the `ResumableFiles` port.

Objects do not grow: what is synced becomes a part of its own, `<key>/<place of its first byte>`,
and the whole file is put together at the end. So its bytes travel twice more. Parts are put only
where there is none: of two instances that write to one upload, the second one is told.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import obstore
from obstore.exceptions import AlreadyExistsError

from app.adapters.object_store.errors import plain, translated
from app.adapters.object_store.opened import OpenedObject
from app.adapters.object_store.storage import ObjectStorage
from app.adapters.object_store.store import Store
from app.domain.errors import Conflict, NotFound

DIGITS = 20  # of a place, so that names sort as numbers do
PIECE = 8 * 1024 * 1024  # bytes in memory at a time
MOST = 16 * 1024 * 1024  # bytes of a part


@dataclass(frozen=True, kw_only=True)
class _Part:
    key: str
    #: Place of its first byte, and of the byte behind its last.
    first: int
    end: int


class GrowingParts:
    """The `GrowingFile` port. What is not synced yet is in memory, up to `MOST`."""

    def __init__(self, store: Store, key: str, parts: list[_Part]) -> None:
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
            self._parts.append(await _begun(self._store, self._key, self._end, block))
            self._block.clear()
        return self._end

    async def cut(self, size: int) -> None:
        del self._block[max(size - self._end, 0) :]
        if size < self._end:
            self._parts = await _cut(self._store, self._key, self._parts, size)

    @property
    def _end(self) -> int:
        return self._parts[-1].end if self._parts else 0


class GrowingObjects:
    """Keys are relative POSIX paths; any other is Forbidden."""

    def __init__(self, store: Store, storage: ObjectStorage) -> None:
        self._store, self._storage = store, storage

    @asynccontextmanager
    async def grow(self, key: str, size: int) -> AsyncIterator[GrowingParts]:
        parts = await _parts(self._store, plain(key))
        if size and (not parts or parts[-1].end < size):
            raise NotFound("the file is shorter than it was")
        yield GrowingParts(self._store, key, await _cut(self._store, key, parts, size))

    async def sha256(self, key: str) -> str:
        digest = hashlib.sha256()
        async for piece in self._read(await self._there(key)):
            digest.update(piece)
        return digest.hexdigest()

    async def finish(self, key: str, target: str) -> None:
        plain(target)
        parts = await _parts(self._store, plain(key))
        if not parts:
            (await self._storage.open(target)).close()
            return
        await self._storage.save_file(target, self._read(parts))
        await _remove(self._store, parts)

    async def delete_file(self, key: str) -> bool:
        parts = await _parts(self._store, plain(key))
        await _remove(self._store, parts)
        return bool(parts)

    async def _there(self, key: str) -> list[_Part]:
        if parts := await _parts(self._store, plain(key)):
            return parts
        raise NotFound("there is no such file")

    async def _read(self, parts: Sequence[_Part]) -> AsyncIterator[bytes]:
        for part in parts:
            size = part.end - part.first
            file = OpenedObject(self._store, part.key, size=size, modified=0)
            for first in range(0, size, PIECE):
                yield await file.read(first, PIECE)


async def _parts(store: Store, key: str) -> list[_Part]:
    """In order, up to the first gap: what lies behind one was never counted."""
    with translated(key):
        found = [each async for batch in obstore.list(store, key) for each in batch]
    parts: list[_Part] = []
    for each in sorted(found, key=lambda each: each["path"]):
        end = parts[-1].end if parts else 0
        if each["path"] == _key(key, end):
            parts.append(_Part(key=each["path"], first=end, end=end + each["size"]))
    return parts


async def _cut(store: Store, key: str, parts: list[_Part], size: int) -> list[_Part]:
    """The first `size` bytes of them, and at no moment fewer."""
    await _remove(store, [part for part in parts if part.first >= size])
    kept = [part for part in parts if part.first < size]
    if kept and kept[-1].end > size:
        last = kept.pop()
        kept.append(await _put(store, key, last.first, await _head(store, last, size)))
    return kept


async def _head(store: Store, part: _Part, size: int) -> bytes:
    with translated(part.key):
        return bytes(await obstore.get_range_async(store, part.key, start=0, end=size - part.first))


async def _begun(store: Store, key: str, first: int, block: bytes) -> _Part:
    """Raises Conflict where there is one by now."""
    try:
        return await _put(store, key, first, block, mode="create")
    except AlreadyExistsError as error:
        raise Conflict("another request is at work on this upload", code="upload.locked") from error


async def _put(
    store: Store,
    key: str,
    first: int,
    block: bytes,
    mode: Literal["create", "overwrite"] = "overwrite",
) -> _Part:
    name = _key(key, first)
    with translated(name, writing=True):
        await obstore.put_async(store, name, block, mode=mode, use_multipart=False)
    return _Part(key=name, first=first, end=first + len(block))


async def _remove(store: Store, parts: Sequence[_Part]) -> None:
    if parts:
        with translated(parts[0].key):
            await obstore.delete_async(store, [part.key for part in parts])


def _key(key: str, first: int) -> str:
    return f"{key}/{first:0{DIGITS}}"
