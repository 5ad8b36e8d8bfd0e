"""Calls to the kernel that Python has no name for (Linux only)."""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
#: The C library, which is there already.
_LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """A function of the C library. Raises OSError, also where it has no such function."""
    if not sys.platform.startswith("linux"):
        raise OSError(0, f"not on {sys.platform}")
    try:
        function = getattr(_LIBC, name)
    except AttributeError as error:
        raise OSError(0, f"no {name} here") from error
    return checked(function(*arguments))


def syscall(number: int, *arguments: object) -> int:
    """By its number. Raises OSError."""
    return call("syscall", ctypes.c_long(number), *arguments)


def prctl(option: int, argument: int) -> None:
    """Raises OSError."""
    call("prctl", option, ctypes.c_ulong(argument), *[ctypes.c_ulong(0)] * 3)


def checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
