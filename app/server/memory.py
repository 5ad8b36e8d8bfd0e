"""How the C library keeps memory for the process that serves."""

import ctypes
import os
import threading
import time
from contextlib import AbstractContextManager, suppress

from app.adapters.background import in_background

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # malloc.h
#: Parts of memory that threads allocate from. By itself glibc makes eight for each core, and what
#: is free in one serves no thread of another: with the dozens that LanceDB has, the service grows
#: until each part has been at its largest once.
ARENAS = 2
#: Bytes. What is larger goes back as soon as it is freed: by itself glibc keeps the next one of
#: that size, of up to 32 MiB, among all the others.
LARGE = 2**20
EVERY = 60.0  # seconds between two looks whether memory can be given back
#: Of a processor, on average since the look before. Who works more needs the same memory again.
QUIET = 0.1


def keep_little() -> None:
    """Before the first thread. Does nothing where the C library knows nothing of it, or the
    environment tells otherwise."""
    with suppress(OSError, AttributeError):
        option = ctypes.CDLL(None).mallopt
        if "MALLOC_ARENA_MAX" not in os.environ:
            option(M_ARENA_MAX, ARENAS)
        if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
            option(M_MMAP_THRESHOLD, LARGE)


def given_back() -> AbstractContextManager[None]:
    """Whenever the process is quiet, for the time of the block. By itself glibc gives back what is
    free at the end of its memory, and keeps what is free in between: 70 MB once the index was
    tidied."""
    return in_background(_give_back, "memory")


def _give_back(over: threading.Event) -> None:
    with suppress(OSError, AttributeError):  # another C library
        trim = ctypes.CDLL(None).malloc_trim
        worked = time.process_time()
        while not over.wait(EVERY):
            before, worked = worked, time.process_time()
            if worked - before < QUIET * EVERY:
                trim(0)
