"""What the system refuses, in words of the domain."""

import errno

from app.domain.errors import Exhausted, SpoolError, StorageDenied, StorageError, StorageFull

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
#: Too many files open, here or on the machine; no memory or place for a process.
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
#: Of a file that may be anybody's; in the data folder it means as much as a read-only disk.
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
GIVE_IT_BACK = (
    "make the disk writable and the data folder the service's own: work goes on by itself"
)


def refused(error: OSError, failure: str) -> SpoolError:
    """`failure` says what could not be done: "the sound cannot be stored"."""
    if error.errno in DISK_FULL:
        return StorageFull(f"{failure}: no space left")
    if error.errno == errno.EROFS:
        return StorageDenied(f"{failure}: the disk is read-only", hint=GIVE_IT_BACK)
    if error.errno in EXHAUSTED:
        return Exhausted(f"{failure}: {error.strerror}")
    return StorageError(f"{failure}: {error.strerror or error}")
