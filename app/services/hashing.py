"""SHA-256 of bytes as they go by, and of files. Hex digits."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from app.domain.errors import Forbidden, SourceError
from app.pipeline.fingerprint import digest_of
from app.ports import SourceFolders


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
    """Raises Forbidden when the file cannot be read, Exhausted."""
    try:
        return await digest_of(await asyncio.to_thread(folders.open, path))
    except SourceError as error:
        raise Forbidden(f"the file cannot be read: {error.message}") from error
    except OSError as error:
        raise Forbidden(f"the file cannot be read: {error.strerror}") from error
