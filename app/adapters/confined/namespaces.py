"""A machine of its own: no network, no shared memory, no rights that it could use.

What needs no privilege is asked of the kernel directly. Some systems refuse it to all but a few
programs, and so do most containers: then the other walls must do.
"""

import ctypes
import errno

from app.adapters.confined.kernel import PR_SET_NO_NEW_PRIVS, call, prctl

CLONE_NEWUTS, CLONE_NEWIPC = 0x04000000, 0x08000000  # linux/sched.h
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
VERSION = 0x20080522  # linux/capability.h
SETS = 3 * 2  # effective, permitted and inheritable, of 32 bits and 32 more


def leave() -> None:
    """The machine's namespaces. Raises OSError."""
    try:
        call("unshare", CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    except OSError as error:
        if error.errno == errno.ENOSPC:  # its own words are of a disk
            raise OSError(error.errno, "user.max_user_namespaces forbids it") from error
        raise


def renounce() -> None:
    """All that root may; it cannot be had back, by becoming a program either. Raises OSError."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = (ctypes.c_uint32 * 2)(VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * SETS)())
