"""An object, read by pieces."""

import obstore

from app.adapters.object_store.errors import translated
from app.adapters.object_store.store import Store

#: Fetched at once, for readers who ask for small pieces in a row.
AHEAD = 1024 * 1024  # bytes


class OpenedObject:
    """The `StoredFile` port. Each piece is a request of its own, so that nothing is held open."""

    def __init__(self, store: Store, key: str, *, size: int, modified: int) -> None:
        self._store, self._key = store, key
        self.size, self.modified = size, modified
        self._first, self._piece = 0, b""

    async def read(self, first: int, number: int) -> bytes:
        end = min(first + number, self.size)
        if first >= end:
            return b""
        if not self._first <= first <= end <= self._first + len(self._piece):
            upto = max(end, min(first + AHEAD, self.size))
            self._first, self._piece = first, await self._fetched(first, upto)
        return self._piece[first - self._first : end - self._first]

    def close(self) -> None:
        self._piece = b""

    async def _fetched(self, first: int, end: int) -> bytes:
        with translated(self._key):
            piece = await obstore.get_range_async(self._store, self._key, start=first, end=end)
        return bytes(piece)


async def opened(store: Store, key: str) -> OpenedObject:
    """Raises NotFound."""
    with translated(key):
        found = await obstore.head_async(store, key)
    modified = int(found["last_modified"].timestamp() * 10**9)
    return OpenedObject(store, key, size=found["size"], modified=modified)
