"""Space held for the moment when there is none: a file that can be given back."""

import os
from pathlib import Path

from loguru import logger

from app.adapters.local_storage.disk import make_folder, sync_folder, translated
from app.adapters.local_storage.thread import in_thread
from app.domain.errors import SpoolError
from app.domain.system_errors import DISK_FULL

NAME = ".ballast"
BLOCK = 1024 * 1024  # bytes written at once
_UNIT = 512  # bytes that `st_blocks` counts in, whatever the file system


class BallastFile:
    """The `Ballast` port: `size` bytes in one file in `folder`; 0 means none at all."""

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / NAME
        self.size = size
        self._refused = False

    @property
    def laid(self) -> bool:
        found = self._found()
        return self.size == 0 or (found is not None and found.st_size == self.size)

    async def lay(self) -> bool:
        return await in_thread(self._lay)

    async def drop(self) -> None:
        await in_thread(self._drop)

    def _lay(self) -> bool:
        if self._is_whole():
            return True
        try:
            with translated():
                self._path.unlink(missing_ok=True)
                if self.size:
                    self._allocate()
        except SpoolError as error:
            self._drop()
            self._tell_refused(error)
            return False
        self._refused = False
        return True

    def _drop(self) -> None:
        try:
            self._path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            logger.error("the ballast {} cannot be dropped: {}", self._path, error.strerror)

    def _allocate(self) -> None:
        make_folder(self._path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            _reserve(descriptor, self.size)
            if _allocated(os.fstat(descriptor)) < self.size:
                _write(descriptor, self.size)
        finally:
            os.close(descriptor)
        sync_folder(self._path.parent)

    def _is_whole(self) -> bool:
        """Also in blocks: a copy of the folder may have made it a hole."""
        found = self._found()
        if found is None:
            return self.size == 0
        return self.size > 0 and found.st_size == self.size <= _allocated(found)

    def _found(self) -> os.stat_result | None:
        try:
            return self._path.stat()
        except OSError:
            return None

    def _tell_refused(self, error: SpoolError) -> None:
        """Once, not at every try."""
        if not self._refused:
            logger.warning("no room for the ballast of {} bytes: {}", self.size, error.message)
        self._refused = True


def _reserve(descriptor: int, size: int) -> None:
    """Quick where the file system can; one that cannot is written to."""
    try:
        os.posix_fallocate(descriptor, 0, size)
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise


def _write(descriptor: int, size: int) -> None:
    """Random bytes, for a file system that packs would keep nothing for zeros."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = size
    while left:
        left -= os.write(descriptor, os.urandom(min(left, BLOCK)))
    os.fsync(descriptor)


def _allocated(found: os.stat_result) -> int:
    return found.st_blocks * _UNIT
