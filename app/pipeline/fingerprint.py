"""The SHA-256 of what was heard, so that the same bytes can be known again."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PIECE = 8 * 1024 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Look:
    """What shows that a file is being written to."""

    size: int
    changed: int


def look(path: Path) -> Look | None:
    """None when there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Look(size=found.st_size, changed=found.st_mtime_ns)


async def sha256_of(path: Path, before: Look | None) -> str | None:
    """Hex digits, or None when the file is no longer as it was `before` it was read."""
    try:
        with path.open("rb") as file:
            digest = await _digest(file)
    except OSError:
        return None
    return digest if before is not None and look(path) == before else None


async def _digest(file: BinaryIO) -> str:
    """Piece by piece, each in a thread: a job that is cancelled leaves none at work."""
    digest = hashlib.sha256()
    while piece := await asyncio.to_thread(file.read, PIECE):
        await asyncio.to_thread(digest.update, piece)
    return digest.hexdigest()
