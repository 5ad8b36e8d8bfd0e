"""A stranger's file is opened once, as what it is at that moment."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import MediaEmpty, MediaUnreadable
from app.domain.system_errors import refused

#: A link has taken its place, or a socket.
NO_FILE = (errno.ELOOP, errno.ENXIO)


@contextmanager
def opened(source: Path) -> Iterator[int]:
    """A descriptor of it, at its first byte.

    Never waits for who writes to a pipe. Raises MediaUnreadable for what is no regular file,
    MediaEmpty, StorageError.
    """
    descriptor = _open(source)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise MediaUnreadable("not a regular file")
        if found.st_size == 0:
            raise MediaEmpty("the file is empty")
        yield descriptor
    finally:
        os.close(descriptor)


def _open(source: Path) -> int:
    try:
        return os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in NO_FILE:
            raise MediaUnreadable("not a regular file") from error
        raise refused(error, "the medium cannot be read") from error
