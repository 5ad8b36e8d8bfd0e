"""Files below a folder, opened so that nothing that is swapped meanwhile leads out of it.

Linux 5.6 and later look up a whole path in one call, `openat2`; elsewhere each folder is opened in
the one before.
"""

import ctypes
import errno
import os
import platform
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePath
from typing import BinaryIO

from app.domain.errors import SourceGone, SourceUnreachable, SpoolError
from app.domain.system_errors import EXHAUSTED, refused
from app.ports import FilesBeneath

#: To go through a folder one need not be allowed to list it.
THROUGH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: A pipe would be waited for, and a terminal become ours.
TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Number of the call. Elsewhere it is another one, or not known.
OPENAT2 = dict.fromkeys(
    ("x86_64", "i686", "aarch64", "armv7l", "armv8l", "riscv64", "ppc64le", "s390x", "loongarch64"),
    437,
)
#: From linux/openat2.h: links of /proc that lead anywhere, all links, all ways up and out.
NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
#: The call gives up when folders are renamed under it.
TRIES = 8
AGAIN = frozenset({errno.EAGAIN, errno.EINTR})
#: Folders of no disk: their files are made up as they are read, some without end.
MADE_UP = ("/proc", "/sys")
#: Not there, or something else, or not for us.
GONE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EXDEV, errno.ENAMETOOLONG}
    | {errno.ENXIO, errno.ENODEV, errno.EINVAL, errno.EOPNOTSUPP}
)
DENIED = frozenset({errno.EACCES, errno.EPERM})


def files_beneath() -> FilesBeneath:
    """What this machine offers."""
    try:
        return KernelBeneath()
    except OSError:
        return WalkBeneath()


class KernelBeneath:
    """Implements `ports.FilesBeneath` by `openat2`. Raises OSError where there is none."""

    def __init__(self) -> None:
        if not sys.platform.startswith("linux") or platform.machine() not in OPENAT2:
            raise OSError(errno.ENOSYS, "no openat2 that is known")
        self._number = OPENAT2[platform.machine()]
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        os.close(self._folder(Path("/")))  # also refused where a filter of calls does not know it

    def open(self, root: Path, inside: PurePath) -> BinaryIO:
        with _planned():
            folder = self._folder(root)
            try:
                return _regular(self._open(folder, inside, TO_READ))
            finally:
                os.close(folder)

    def _folder(self, path: Path) -> int:
        anchor = os.open(path.anchor, THROUGH)
        try:
            return self._open(anchor, path.relative_to(path.anchor), THROUGH)
        finally:
            os.close(anchor)

    def _open(self, folder: int, inside: PurePath, flags: int) -> int:
        how = How(flags=flags, mode=0, resolve=BENEATH | NO_MAGICLINKS | NO_SYMLINKS)
        name = ctypes.c_char_p(_encoded(inside))
        size, number = ctypes.c_size_t(ctypes.sizeof(how)), ctypes.c_long(self._number)
        for _ in range(TRIES):
            found = int(self._call(number, ctypes.c_int(folder), name, ctypes.byref(how), size))
            if found >= 0:
                return found
            if (failure := ctypes.get_errno()) not in AGAIN:
                break
        raise OSError(failure, os.strerror(failure))


class How(ctypes.Structure):
    """`struct open_how`."""

    _fields_ = [
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    ]


class WalkBeneath:
    """Implements `ports.FilesBeneath` folder by folder: to ask first and open then would leave a
    moment in which another file can take its place."""

    def open(self, root: Path, inside: PurePath) -> BinaryIO:
        with _planned():
            _encoded(inside)
            if inside.is_absolute() or ".." in inside.parts:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            return _regular(_walked(root / inside))


def _walked(path: Path) -> int:
    descriptor = os.open(path.anchor, THROUGH)
    for number, name in enumerate(path.parts[1:], start=2):
        flags = TO_READ if number == len(path.parts) else THROUGH
        folder = descriptor
        try:
            descriptor = os.open(name, flags, dir_fd=folder)
        finally:
            os.close(folder)
    return descriptor


def _encoded(inside: PurePath) -> bytes:
    """For the kernel a name ends at its first zero byte."""
    try:
        name = os.fsencode(inside)
    except UnicodeEncodeError as error:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from error
    if b"\0" in name:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return name


def _regular(descriptor: int) -> BinaryIO:
    """Takes the descriptor over."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_dev in _made_up():
            raise SourceGone("it is no regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


@cache
def _made_up() -> frozenset[int]:
    """Devices."""
    return frozenset(os.stat(folder).st_dev for folder in MADE_UP if os.path.ismount(folder))


@contextmanager
def _planned() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _told(error) from error


def _told(error: OSError) -> SpoolError:
    if error.errno in EXHAUSTED:
        return refused(error, "the file cannot be opened")
    if error.errno in DENIED:
        return SourceGone("the service may not read the file")
    if error.errno in GONE:
        return SourceGone("the file is no longer there")
    return SourceUnreachable(f"the file cannot be opened: {error.strerror}")
