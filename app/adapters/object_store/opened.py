"""An object, read by pieces."""

from typing import Any

import obstore

from app.adapters.object_store.errors import translated
from app.adapters.object_store.store import Store

#: Fetched at once, for readers who ask for small pieces in a row.
AHEAD = 1024 * 1024  # bytes


class OpenedObject:
    """The `StoredFile` port. Each piece is a request of its own, so that nothing is held open; all
    are of the object that `mark` (an ETag) names, if it is told."""

    def __init__(
        self, store: Store, key: str, *, size: int, modified: int, mark: str | None = None
    ) -> None:
        self._store, self._key, self._mark = store, key, mark
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
        options: Any = {"range": (first, end)}
        if self._mark is not None:
            options["if_match"] = self._mark
        with translated(self._key):
            got = await obstore.get_async(self._store, self._key, options=options)
            return bytes(await got.bytes_async())


async def opened(store: Store, key: str) -> OpenedObject:
    """Raises NotFound."""
    with translated(key):
        found = await obstore.head_async(store, key)
    modified = int(found["last_modified"].timestamp() * 10**9)
    size, mark = found["size"], found["e_tag"]
    return OpenedObject(store, key, size=size, modified=modified, mark=mark)
