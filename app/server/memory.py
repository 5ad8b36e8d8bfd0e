"""How the C library keeps memory for the process that serves."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

M_ARENA_MAX = -8  # malloc.h
#: Parts of memory that threads allocate from. By itself glibc makes eight for each core, and what
#: is free in one serves no thread of another: with the dozens that LanceDB has, the service grows
#: until each part has been at its largest once.
ARENAS = 2
EVERY = 60.0  # seconds between two times that free memory is given back


def keep_few_arenas() -> None:
    """Before the first thread. Does nothing where the C library has none, or the environment tells
    how many."""
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


@contextmanager
def given_back() -> Iterator[None]:
    """For the time of the block: by itself glibc gives back what is free at the end of its memory,
    and keeps what is free in between. Of what the start takes that is 100 MB."""
    over = threading.Event()
    thread = threading.Thread(target=_give_back, args=(over,), name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _give_back(over: threading.Event) -> None:
    with suppress(OSError, AttributeError):  # another C library
        trim = ctypes.CDLL(None).malloc_trim
        while not over.wait(EVERY):
            trim(0)
