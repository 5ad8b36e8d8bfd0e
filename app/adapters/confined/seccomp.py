"""Of the kernel's calls only those that decoding takes: no socket, no process, no signal.

A filter is a little program of the kernel's own making (classic BPF) that sees the number of a
call and its plain arguments; what they point to it cannot see.
"""

import ctypes
import errno
import os
import struct

from app.adapters.confined.calls import KNOWN, NEWEST, Calls
from app.adapters.confined.kernel import syscall

SET_FILTER, ALL_THREADS = 1, 1  # linux/seccomp.h
ALLOW, KILL = 0x7FFF0000, 0x80000000
REFUSE, UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
LOAD, RETURN = 0x20, 0x06  # linux/bpf_common.h
EQUAL, AT_LEAST, HAS = 0x15, 0x35, 0x45
NUMBER, PROCESSOR, ARGUMENTS = 0, 4, 16  # of struct seccomp_data
CLONE_THREAD = 0x00010000  # linux/sched.h
#: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: copies of a descriptor, and its
#: flags. Not F_SETOWN: it names a process that the kernel sends signals to on one's behalf.
OF_DESCRIPTORS = (0, 1, 2, 3, 4, 1030)
#: What writes, or makes something to be written. The same on both processors.
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def shut(*, becomes: int | None) -> None:
    """`becomes`: the descriptor that is run next; its number must be too high to be had again.
    None: nothing is, and no file is opened by name either.

    Beside that number an absolute path would do, too, which a filter cannot see. Landlock leaves
    only libraries to be run so, and whatever runs is between the same walls.

    Who may gain rights may not do this. Raises OSError where it cannot be.
    """
    processor = os.uname().machine
    if (calls := KNOWN.get(processor)) is None:
        raise OSError(0, f"not known of {processor}")
    program = _program(calls, becomes)
    held = ctypes.create_string_buffer(program, len(program))
    length, address = len(program) // 8, ctypes.addressof(held)
    syscall(calls.seccomp, SET_FILTER, ALL_THREADS, struct.pack("@HP", length, address))


def _program(calls: Calls, becomes: int | None) -> bytes:
    allowed = calls.allowed if becomes is None else calls.allowed | calls.looking
    parts = [
        _step(LOAD, PROCESSOR),
        _step(EQUAL, calls.processor, yes=1),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER),
        # A thread is no process; of the newer call's arguments nothing can be seen.
        _when(calls.clone, _low(0) + _step(HAS, CLONE_THREAD, no=1) + _step(RETURN, ALLOW)),
        _when(calls.clone3, _step(RETURN, UNKNOWN)),
        _when(calls.tgkill, _only(0, os.getpid())),
        _when(calls.fcntl, b"".join(_only(1, each) for each in OF_DESCRIPTORS)),
        # To ask for limits, not to set them.
        _when(calls.prlimit64, _only(2, 0)),
    ]
    if becomes is not None:
        parts.append(_when(calls.execveat, _only(0, becomes)))
        parts += [_when(number, _without(flags, WRITES)) for number, flags in calls.opening.items()]
    parts += [_when(number, _step(RETURN, ALLOW), closed=True) for number in sorted(allowed)]
    parts += [_step(AT_LEAST, NEWEST, no=1), _step(RETURN, UNKNOWN), _step(RETURN, REFUSE)]
    return b"".join(parts)


def _when(number: int, then: bytes, *, closed: bool = False) -> bytes:
    """For that call only; what `then` leaves open is refused."""
    then = then if closed else then + _step(RETURN, REFUSE)
    return _step(EQUAL, number, no=len(then) // 8) + then


def _only(argument: int, value: int) -> bytes:
    """Allowed with this value, of 64 bits."""
    return (
        _low(argument)
        + _step(EQUAL, value, no=3)
        + _step(LOAD, ARGUMENTS + 8 * argument + 4)
        + _step(EQUAL, 0, no=1)
        + _step(RETURN, ALLOW)
    )


def _without(argument: int, flags: int) -> bytes:
    """Allowed where it has none of these."""
    return _low(argument) + _step(HAS, flags, yes=1) + _step(RETURN, ALLOW)


def _low(argument: int) -> bytes:
    """The lower half comes first: both processors count so."""
    return _step(LOAD, ARGUMENTS + 8 * argument)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """`yes`, `no`: steps to leap over."""
    return struct.pack("=HBBI", code, yes, no, value)
