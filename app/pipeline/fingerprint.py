"""What tells media apart: the SHA-256 of what was heard, and an outline that costs nothing."""

import asyncio
import hashlib
import stat
from pathlib import Path
from typing import BinaryIO

from app.domain.jobs import SourceKind
from app.pipeline.source import HeldSource
from app.pipeline.work import Work

PIECE = 8 * 1024 * 1024  # bytes
SAMPLE = 1024 * 1024  # bytes of an outline, at the beginning, in the middle and at the end


async def note_bytes(work: Work, source: HeldSource) -> None:
    """What came as a path may be another file by now than when it was taken in."""
    came_as, known = work.job.source, work.job.sha256 is not None
    if came_as is SourceKind.PATH or (came_as is SourceKind.UPLOAD and not known):
        await _note(work, source)


async def note_fetched(work: Work, source: HeldSource) -> None:
    """At once, whatever it is: its bytes are kept, and count."""
    if work.job.source is SourceKind.URL and work.job.sha256 is None:
        await _note(work, source)


async def _note(work: Work, source: HeldSource) -> None:
    async with source.reading() as path:
        sha256 = await sha256_of(path)
    if sha256 is not None:
        await work.report.sha256(sha256, source.size)


async def sha256_of(path: Path) -> str | None:
    """Hex digits, or None when the file cannot be read."""
    try:
        return await digest_of(await asyncio.to_thread(path.open, "rb"))
    except OSError:
        return None


async def digest_of(file: BinaryIO) -> str:
    """SHA-256 of the rest of it, in hex digits; closes it.

    Piece by piece, each in a thread: who is cancelled leaves no more than one at work. To close the
    file meanwhile would wait for that one, and with it the loop: on a disk that hangs, for ever.
    """
    digest, loop = hashlib.sha256(), asyncio.get_running_loop()
    while True:
        feeding = loop.run_in_executor(None, _feed, digest, file)  # no task: a stop would cancel it
        try:
            more = await asyncio.shield(feeding)
        except BaseException:
            feeding.add_done_callback(lambda _: file.close())
            raise
        if not more:
            file.close()
            return digest.hexdigest()


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


def _feed(digest: "hashlib._Hash", file: BinaryIO) -> bool:
    """False at the end of the file."""
    piece = file.read(PIECE)
    digest.update(piece)
    return bool(piece)
