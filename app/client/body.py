"""What an upload sends: a file, a piece at a time, from its beginning each time."""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

CHUNK = 1024 * 1024  # bytes

#: Told the bytes sent so far, and the size; from 0 again when the upload has to begin again.
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Body:
    #: A file, or one that is open for reading bytes and can seek.
    source: Path | BinaryIO
    #: In bytes.
    size: int
    progress: Progress | None = None

    def chunks(self) -> Generator[bytes, None, None]:
        """The whole of it."""
        sent = 0
        with self._open() as file:
            while chunk := file.read(CHUNK):
                yield chunk
                sent += len(chunk)
                if self.progress is not None:
                    self.progress(sent, self.size)

    def _open(self) -> AbstractContextManager[BinaryIO]:
        if isinstance(self.source, Path):
            return self.source.open("rb")
        self.source.seek(0)
        return nullcontext(self.source)


def body_of(file: str | os.PathLike[str] | BinaryIO, progress: Progress | None) -> Body:
    """Raises OSError for a file that is not there."""
    if isinstance(file, str | os.PathLike):
        path = Path(file)
        return Body(source=path, size=path.stat().st_size, progress=progress)
    return Body(source=file, size=file.seek(0, os.SEEK_END), progress=progress)


def name_of(file: str | os.PathLike[str] | BinaryIO) -> str:
    """What the service calls it unless it is told otherwise."""
    named = file if isinstance(file, str | os.PathLike) else getattr(file, "name", "")
    return Path(named).name if isinstance(named, str | os.PathLike) else ""
