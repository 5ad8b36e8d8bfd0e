"""Files of this machine, open for reading."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from app.adapters.local_storage.disk import translated
from app.adapters.local_storage.thread import in_thread
from app.domain.errors import NotFound

ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class OpenedFile:
    """The `StoredFile` port. Takes `file` over; its size is that of now."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        found = os.fstat(file.fileno())
        self.size, self.modified = found.st_size, found.st_mtime_ns

    async def read(self, first: int, number: int) -> bytes:
        return await in_thread(self._read, first, number)

    def close(self) -> None:
        self._file.close()

    def _read(self, first: int, number: int) -> bytes:
        with translated():
            return os.pread(self._file.fileno(), number, first)


def opened(path: Path, name: str) -> BinaryIO:
    """Raises NotFound, with `name`, where there is no file; a pipe, say, is none."""
    with translated():
        try:
            return _open_regular(path)
        except ABSENT as error:
            raise NotFound(f"no file {name}") from error


def _open_regular(path: Path) -> BinaryIO:
    """A pipe would block for ever, and a folder is no file: neither is what was saved."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return os.fdopen(descriptor, "rb")
