"""Bytes: where they are kept, and the space for them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class StoredFile(Protocol):
    """Open for reading; whoever opened it closes it."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def modified(self) -> int:
        """When it was last written to, in nanoseconds since the epoch."""
        ...

    async def read(self, first: int, number: int) -> bytes:
        """At most `number` bytes from `first` on; none where it ends. Raises StorageError."""
        ...

    def close(self) -> None:
        """Does not block."""
        ...


class BlobStore(Protocol):
    """Files by key (`video_jobs/<id>.mp4`). A key is relative, and never leaves the store."""

    async def save_file(
        self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
    ) -> int:
        """Stream to disk: `.part`, fsync, rename, fsync of the folder. Returns the bytes written.

        Raises TooLarge past `limit` bytes and StorageError when the disk refuses; then, and when
        `chunks` raises, nothing is left behind.
        """
        ...

    async def load_file(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        ...

    async def delete_file(self, key: str) -> bool:
        """True when there was one."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """Many files of jobs at once; one that is gone is fine. Raises StorageError."""
        ...

    async def open(self, key: str) -> StoredFile:
        """Open for reading. Raises NotFound."""
        ...


class Scratch(Protocol):
    """Files on this machine for as long as a job is worked on, for tools that need real ones.

    Keys as in `BlobStore`. Where the store is a folder of this machine, it is that very folder.
    """

    def path(self, key: str) -> Path:
        """Where the file is or would be, its folder made."""
        ...

    async def bring(self, key: str) -> Path:
        """A file of the store, whole, here. Whoever brings it lets it go. Raises NotFound."""
        ...

    async def keep(self, key: str) -> None:
        """What was written whole to the path of `key` is a file of the store, too: as durable as
        any other when this returns. Raises StorageError."""
        ...

    def open(self, place: Path) -> BinaryIO:
        """For reading; `place` as `path` and `bring` tell it. Blocks. Raises NotFound."""
        ...

    def let_go(self, place: Path) -> None:
        """Nobody needs it here any more: it goes, unless it is the store's own. Never raises."""
        ...

    async def delete_file(self, key: str) -> bool:
        """What was never kept. True when there was one."""
        ...


class GrowingFile(Protocol):
    """Open at its end. Raises StorageError when the disk refuses."""

    async def append(self, block: bytes) -> None: ...

    async def sync(self) -> int:
        """All that was appended is durable when this returns; bytes in the file."""
        ...

    async def cut(self, size: int) -> None:
        """Forget what is beyond `size`; durable when this returns."""
        ...


class ResumableFiles(Protocol):
    """Files that grow over many requests, and through crashes. Keys as in `BlobStore`.

    One caller at a time for each key.
    """

    def grow(self, key: str, size: int) -> AbstractAsyncContextManager[GrowingFile]:
        """Go on behind the first `size` bytes: what is beyond them goes; from 0 it is a new file.

        Raises NotFound when there are not so many.
        """
        ...

    async def sha256(self, key: str) -> str:
        """Of the whole file, in hex. Raises NotFound."""
        ...

    async def open(self, key: str) -> StoredFile:
        """What it has so far, open for reading. Raises NotFound."""
        ...

    async def finish(self, key: str, target: str) -> None:
        """The file gets its final key, durable when this returns; done again, nothing changes.

        Raises NotFound when there is neither.
        """
        ...

    async def delete_file(self, key: str) -> bool:
        """True when there was one."""
        ...


class Ballast(Protocol):
    """Space on the disk that is held for the moment when there is none. Never raises."""

    #: Bytes; 0 when none are held.
    size: int

    @property
    def laid(self) -> bool:
        """Whether it is there, all of it."""
        ...

    async def lay(self) -> bool:
        """Take the space, unless it is taken; False, and nothing is left, when the disk is full."""
        ...

    async def drop(self) -> None:
        """Give the space back."""
        ...


class Reserve(Protocol):
    """Space on the disk that stays free, for the state of jobs."""

    def require(self, extra: int = 0) -> None:
        """Raise StorageFull when `extra` bytes more would eat into it."""
        ...

    def guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes; StorageFull as soon as they eat into it."""
        ...
