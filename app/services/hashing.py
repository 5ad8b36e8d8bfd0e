"""SHA-256 of bytes as they go by, and of files. Hex digits."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from app.domain.errors import Forbidden


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


async def file_sha256(path: Path) -> str:
    """In a thread. Raises Forbidden when the service may not read the file."""
    return await asyncio.to_thread(_of_file, path)


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Forbidden(f"the file cannot be read: {error.strerror}") from error
