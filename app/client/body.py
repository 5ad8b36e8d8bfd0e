"""What an upload sends, a piece at a time: a file, from its beginning each time; a stream, once."""

import errno
import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, TypeAlias

CHUNK = 1024 * 1024  # bytes

#: Told the bytes sent so far, and the size, 0 where nobody knows it; from 0 again when the upload
#: has to begin again.
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Body:
    #: A file, or one that is open for reading bytes.
    source: Path | BinaryIO
    #: In bytes; None: it has no end that is known beforehand, and can be read once.
    size: int | None
    progress: Progress | None = None

    def chunks(self) -> Generator[bytes, None, None]:
        """The whole of it; of a file that grows meanwhile, what it was at first. Raises OSError
        for one that became shorter."""
        sent = 0
        with self._open() as file:
            while chunk := file.read(self._next(sent)):
                yield chunk
                sent += len(chunk)
                if self.progress is not None:
                    self.progress(sent, self.size or 0)
        if self.size is not None and sent < self.size:
            shrunk = f"became shorter while it was sent: {sent} of {self.size} bytes"
            name = str(self.source) if isinstance(self.source, Path) else name_of(self.source)
            raise OSError(errno.EIO, shrunk, name)

    def _next(self, sent: int) -> int:
        return CHUNK if self.size is None else min(CHUNK, self.size - sent)

    def _open(self) -> AbstractContextManager[BinaryIO]:
        if isinstance(self.source, Path):
            return self.source.open("rb", buffering=0)  # of a pipe what is there, and no wait
        if self.size is not None:
            self.source.seek(0)
        return nullcontext(self.source)


def body_of(file: str | os.PathLike[str] | BinaryIO, progress: Progress | None) -> Body:
    """Raises OSError for a file that is not there."""
    if isinstance(file, str | os.PathLike):
        path = Path(file)
        found = path.stat()
        size = found.st_size if S_ISREG(found.st_mode) else None
        return Body(source=path, size=size, progress=progress)
    size = file.seek(0, os.SEEK_END) if file.seekable() else None
    return Body(source=file, size=size, progress=progress)


def name_of(file: str | os.PathLike[str] | BinaryIO) -> str:
    """What the service calls it unless it is told otherwise."""
    named = file if isinstance(file, str | os.PathLike) else getattr(file, "name", "")
    return Path(named).name if isinstance(named, str | os.PathLike) else ""
