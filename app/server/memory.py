"""How the C library keeps memory for the process that serves."""

import ctypes
import os
from contextlib import suppress

M_ARENA_MAX = -8  # malloc.h
#: Parts of memory that threads allocate from. By itself glibc makes eight for each core, and what
#: is free in one serves no thread of another: with the dozens that LanceDB has, the service grows
#: until each part has been at its largest once.
ARENAS = 2


def keep_few_arenas() -> None:
    """Before the first thread. Does nothing where the C library has none, or the environment tells
    how many."""
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
