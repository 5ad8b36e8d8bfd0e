"""What a file is made of while it grows in a bucket: objects named by the place of their first
byte, `<key>/<place>`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import obstore
from obstore.exceptions import AlreadyExistsError

from app.adapters.object_store.errors import translated
from app.adapters.object_store.opened import OpenedObject
from app.adapters.object_store.store import Store
from app.domain.errors import Conflict

DIGITS = 20  # of a place, so that names sort as numbers do


@dataclass(frozen=True, kw_only=True)
class Part:
    key: str
    #: Place of its first byte, and of the byte behind its last.
    first: int
    end: int


class OpenedParts:
    """The `StoredFile` port, of parts in order without gaps."""

    modified = 0  # of a file that grows nobody asks it

    def __init__(self, store: Store, parts: Sequence[Part]) -> None:
        self._store, self._parts = store, parts
        self.size = parts[-1].end if parts else 0

    async def read(self, first: int, number: int) -> bytes:
        """Up to the end of the part that `first` is in."""
        for part in self._parts:
            if part.first <= first < part.end:
                whole = part.end - part.first
                file = OpenedObject(self._store, part.key, size=whole, modified=0)
                return await file.read(first - part.first, number)
        return b""

    def close(self) -> None:
        """Nothing is held open."""


async def parts_of(store: Store, key: str) -> list[Part]:
    """In order, up to the first gap: what lies behind one was never counted."""
    with translated(key):
        found = [each async for batch in obstore.list(store, key) for each in batch]
    parts: list[Part] = []
    for each in sorted(found, key=lambda each: each["path"]):
        end = parts[-1].end if parts else 0
        if each["path"] == _key(key, end):
            parts.append(Part(key=each["path"], first=end, end=end + each["size"]))
    return parts


async def cut(store: Store, key: str, parts: list[Part], size: int) -> list[Part]:
    """The first `size` bytes of them, and at no moment fewer."""
    await remove(store, [part for part in parts if part.first >= size])
    kept = [part for part in parts if part.first < size]
    if kept and kept[-1].end > size:
        last = kept.pop()
        kept.append(await put(store, key, last.first, await _head(store, last, size)))
    return kept


async def _head(store: Store, part: Part, size: int) -> bytes:
    with translated(part.key):
        return bytes(await obstore.get_range_async(store, part.key, start=0, end=size - part.first))


async def begun(store: Store, key: str, first: int, block: bytes) -> Part:
    """Raises Conflict where there is one by now."""
    try:
        return await put(store, key, first, block, mode="create")
    except AlreadyExistsError as error:
        raise Conflict("another request is at work on this upload", code="upload.locked") from error


async def put(
    store: Store,
    key: str,
    first: int,
    block: bytes,
    mode: Literal["create", "overwrite"] = "overwrite",
) -> Part:
    name = _key(key, first)
    with translated(name, writing=True):
        await obstore.put_async(store, name, block, mode=mode, use_multipart=False)
    return Part(key=name, first=first, end=first + len(block))


async def remove(store: Store, parts: Sequence[Part]) -> None:
    """The first one alone: then the others lie behind a gap, should this come no further."""
    for some in (parts[:1], parts[1:]):
        if some:
            with translated(some[0].key):
                await obstore.delete_async(store, [part.key for part in some])


def _key(key: str, first: int) -> str:
    return f"{key}/{first:0{DIGITS}}"
