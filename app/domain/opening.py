"""A stranger's file is opened once, as what it is at that moment; and what is made of it."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import MediaEmpty, MediaUnreadable
from app.domain.system_errors import refused

#: Where Linux has a name for each file that this process has open. It leads to the file itself,
#: whatever stands by now in the place where it was opened.
OPEN_FILES = Path("/proc", str(os.getpid()), "fd")
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


@contextmanager
def emptied(target: Path) -> Iterator[int]:
    """A descriptor to write sound to: what was left there must not pass for what is decoded.

    Raises StorageError.
    """
    try:
        out = target.open("wb")
    except OSError as error:
        raise refused(error, "the sound cannot be stored") from error
    with out:
        yield out.fileno()


def _open(source: Path) -> int:
    """No link is followed but the kernel's own, to a file that is held."""
    direct = 0 if source.parent == OPEN_FILES else os.O_NOFOLLOW
    try:
        return os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | direct)
    except OSError as error:
        if error.errno in NO_FILE:
            raise MediaUnreadable("not a regular file") from error
        raise refused(error, "the medium cannot be read") from error
