"""How the C library keeps the memory that CTranslate2 computes in."""

import ctypes
import os
from contextlib import suppress

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # malloc.h
NEVER = 2**31 - 1  # bytes that are free before some go back to the system


def keep_scratch() -> None:
    """For the next layer, which needs the same again. Before a model is loaded.

    CTranslate2 takes its scratch anew for each layer, in blocks of up to 100 MB. By itself glibc
    takes them from the system and gives them back each time: to clear their pages was a twentieth
    of all time, and eight sounds at once took 1.7 times as long as one by one. Does nothing where
    the C library knows nothing of it, or the environment tells otherwise.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    with suppress(OSError, AttributeError):
        option = ctypes.CDLL(None).mallopt
        option(M_MMAP_MAX, 0)
        option(M_TRIM_THRESHOLD, NEVER)
        option(M_ARENA_MAX, 1)  # others have bounds: what is larger would be mapped still
