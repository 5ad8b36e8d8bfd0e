"""What tells media apart: the SHA-256 of what was heard, and an outline that costs nothing."""

import asyncio
import hashlib
import stat
from pathlib import Path
from typing import BinaryIO

PIECE = 8 * 1024 * 1024  # bytes
SAMPLE = 1024 * 1024  # bytes of an outline, at the beginning, in the middle and at the end


async def sha256_of(path: Path) -> str | None:
    """Hex digits, or None when the file cannot be read."""
    try:
        with path.open("rb") as file:
            return await _digest(file)
    except OSError:
        return None


async def outline_of(path: Path) -> str:
    """Size and samples of the content as hex digits; the same for the same bytes.

    What is no file that can be read has an outline, too: extraction tells what is wrong with it.
    """
    return await asyncio.to_thread(_outline, path)


def _outline(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # to open a pipe would wait for its writer
            return ""
        with path.open("rb") as file:
            digest = hashlib.sha256(str(found.st_size).encode())
            for place in (0, (found.st_size - SAMPLE) // 2, found.st_size - SAMPLE):
                file.seek(max(place, 0))
                digest.update(file.read(SAMPLE))
    except OSError:
        return ""
    return digest.hexdigest()


async def _digest(file: BinaryIO) -> str:
    """Piece by piece, each in a thread: a job that is cancelled leaves none at work."""
    digest = hashlib.sha256()
    while piece := await asyncio.to_thread(file.read, PIECE):
        await asyncio.to_thread(digest.update, piece)
    return digest.hexdigest()
