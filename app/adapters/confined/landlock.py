"""No file can be opened but those that are named, and no signal sent out (Landlock, Linux 5.13)."""

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress

from app.adapters.confined.kernel import syscall

CREATE, ADD, RESTRICT = 444, 445, 446  # numbers are the same on all processors
ASK_VERSION = 1
PATH_BENEATH = 1
EXECUTE, READ_FILE = 1 << 0, 1 << 2  # linux/landlock.h
#: Rights over files that each version of it knows: all of them are taken away.
FILES = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
#: TCP: bind and connect. Scopes: abstract sockets and signals.
NETWORK, SCOPES = 0b11, 0b11
NETWORK_SINCE, SCOPES_SINCE = 4, 6


def shut(readable: Iterable[str | int] = ()) -> None:
    """`readable`: paths or descriptors of files that can be read and run, or of folders of such.

    Who may gain rights may not do this. Raises OSError where the kernel has none of it, or it is
    switched off.
    """
    version = syscall(CREATE, None, ctypes.c_size_t(0), ASK_VERSION)
    rights = _rights(version)
    ruleset = syscall(CREATE, rights, ctypes.c_size_t(len(rights)), 0)
    try:
        for place in readable:
            with suppress(FileNotFoundError):
                _allow(ruleset, place)
        syscall(RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _rights(version: int) -> bytes:
    """As the kernel wants them: the rights that are taken away."""
    fields = [FILES[min(version, max(FILES))] - 1]
    if version >= NETWORK_SINCE:
        fields.append(NETWORK)
    if version >= SCOPES_SINCE:
        fields.append(SCOPES)
    return struct.pack(f"={len(fields)}Q", *fields)


def _allow(ruleset: int, place: str | int) -> None:
    number = os.open(place, os.O_PATH | os.O_CLOEXEC) if isinstance(place, str) else place
    try:
        rule = struct.pack("=Qi", EXECUTE | READ_FILE, number)
        syscall(ADD, ruleset, PATH_BENEATH, rule, 0)
    finally:
        if isinstance(place, str):
            os.close(number)
