"""Pictures become plain pixels in a process of their own, which is closed in before it meets the
first byte, and ends with the picture.
"""

import asyncio
import errno
import os
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from loguru import logger

from app.adapters.pictures.opening import SIDE
from app.domain.confinement import CANNOT_RUN, Bounds, Streams
from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaTooLarge,
    MediaUnreadable,
    SourceGone,
)
from app.domain.last_words import FROM_OUTSIDE, last_words, printable, told
from app.domain.opening import opened
from app.domain.pictures import Bitmap, Size
from app.domain.system_errors import refused
from app.ports import Confinement

CHILD = "app.adapters.pictures.child"
#: Seconds after which a picture is stuck rather than slow, and those of work, over all threads.
PATIENCE, WORK = 45.0, 40
NICENESS = 10  # as workers have it: who asks the service for something goes first
#: Pictures at a time: each may take as much memory as the largest that is allowed.
AT_ONCE = 2
MOST_TOLD = 4096  # bytes
PIXEL = 3  # bytes
FAILED = "the decoder failed over this picture"
REFUSED = "the picture cannot be decoded"
BROKEN = "the installation is not whole: install Spool anew"


class Decoder:
    def __init__(
        self, max_pixels: int, *, confinement: Confinement, memory_bytes: int, scratch: Path
    ) -> None:
        """`memory_bytes`: all that a picture may take while it is decoded; `scratch`: a folder for
        pixels, whose files are named as those of jobs are, and swept like them."""
        self._max_pixels, self._scratch = max_pixels, scratch
        self._confinement = confinement
        self._bounds = Bounds(
            file_bytes=PIXEL * SIDE * SIDE,
            cpu_seconds=WORK,
            memory_bytes=memory_bytes,
            niceness=NICENESS,
        )
        self._places = asyncio.Semaphore(AT_ONCE)

    async def decode(self, source: Path) -> Bitmap:
        """Raises MediaError, SourceGone, StorageError, EngineCrashed, Exhausted, ConfigError."""
        async with self._places:
            with _opened(source) as medium, _made(self._scratch) as (out, path):
                try:
                    said = await self._said(medium, out)
                except TimeoutError as error:
                    words = f"the picture was not decoded within {PATIENCE:g} s"
                    raise MediaUnreadable(words) from error
                return self._bitmap(said, out, path)

    async def _said(self, medium: int, out: int) -> bytes:
        streams = Streams(source=medium, output=PIPE, others=(out,))
        arguments = (str(out), str(self._max_pixels))
        module = self._confinement.module(CHILD, arguments, streams, self._bounds)
        async with asyncio.timeout(PATIENCE), module as process:
            said, words = await asyncio.gather(
                last_words(process.stdout, MOST_TOLD), last_words(process.stderr)
            )
            _require_good_end(await process.wait(), words)
        return said

    def _bitmap(self, said: bytes, out: int, path: Path) -> Bitmap:
        """It is said by one that has met a stranger's bytes: nothing of it is taken as given."""
        match told(said):
            case {"errno": int(number)} if number in errno.errorcode:
                raise refused(OSError(number, os.strerror(number)), REFUSED)
            case {"failed": MediaTooLarge.code, "words": str(words)}:
                raise MediaTooLarge(printable(words))
            case {"failed": str(), "words": str(words)}:
                raise MediaUnreadable(printable(words))
            case {"width": int(width), "height": int(height), "full": [int(wide), int(high)]}:
                size = Size(width=wide, height=high)
                bitmap = Bitmap(path=path, width=width, height=height, size=size)
                if self._is_sane(bitmap, os.fstat(out).st_size):
                    return bitmap
        raise MediaUnreadable(FAILED)

    def _is_sane(self, bitmap: Bitmap, length: int) -> bool:
        """`length`: bytes in its file."""
        full = bitmap.size
        return (
            0 < bitmap.width <= min(SIDE, full.width)
            and 0 < bitmap.height <= min(SIDE, full.height)
            and full.width * full.height <= self._max_pixels
            and length == PIXEL * bitmap.width * bitmap.height
        )


@contextmanager
def _opened(source: Path) -> Iterator[int]:
    if not source.exists():
        raise SourceGone("the picture is no longer there")
    with opened(source) as medium:
        yield medium


@contextmanager
def _made(folder: Path) -> Iterator[tuple[int, Path]]:
    """A file for pixels, by its descriptor and its path. It stays where all goes well: whoever
    asked for the picture takes it away."""
    path = folder / f"{uuid4()}.rgb"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except OSError as error:
        raise refused(error, "the pixels cannot be stored") from error
    with file:
        try:
            yield file.fileno(), path
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _require_good_end(status: int, words: bytes) -> None:
    if status in FROM_OUTSIDE:
        raise EngineCrashed(f"the decoder was killed by signal {-status}", exit_status=status)
    if status == CANNOT_RUN:
        trouble = printable(words.decode(errors="replace")).strip()
        raise ConfigError(f"no picture can be decoded: {trouble}", hint=BROKEN)
    if status < 0:
        raise MediaUnreadable(f"the decoder died of signal {-status} over this picture")
    if status > 0:
        logger.warning("what decodes pictures ended with {}: {!r}", status, words)
        raise MediaUnreadable(FAILED)
