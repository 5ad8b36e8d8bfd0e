"""SHA-256 of bytes as they go by, and of files. Hex digits."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Forbidden, SourceError
from app.ports import SourceFolders

PIECE = 16 * 1024 * 1024  # bytes


class Hashing:
    """Passes chunks on as they are; `hexdigest` tells of those so far."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    async def through(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._digest.update(chunk)
            yield chunk


async def file_sha256(folders: SourceFolders, path: Path) -> str:
    """In threads, a piece at a time: a stop of the service has not to wait for all of a long file.

    Raises Forbidden when the file cannot be read, Exhausted.
    """
    digest = hashlib.sha256()
    try:
        with await asyncio.to_thread(folders.open, path) as file:
            while await asyncio.to_thread(_feed, digest, file):
                pass
    except SourceError as error:
        raise Forbidden(f"the file cannot be read: {error.message}") from error
    except OSError as error:
        raise Forbidden(f"the file cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _feed(digest: "hashlib._Hash", file: BinaryIO) -> bool:
    """False at the end of the file."""
    block = file.read(PIECE)
    digest.update(block)
    return bool(block)
