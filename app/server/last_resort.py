"""The end of a process that does not come to its end by itself."""

import os
import threading

from loguru import logger

#: Seconds after SIGTERM: requests have 5 of them, windows 20, a database server 10.
STOPS_WITHIN = 45.0


def ends_within(seconds: float) -> None:
    """From now on. What hangs then (a disk, a library) is left as a kill leaves it: what is
    committed stays, and what is held is taken over."""
    timer = threading.Timer(seconds, _end, (seconds,))
    timer.daemon = True  # it keeps nobody who comes to an end
    timer.start()


def _end(seconds: float) -> None:
    """Nothing that hangs can hold this up: no exit handlers, no threads that are waited for."""
    logger.error("not closed within {:g} s: it ends as it is", seconds)
    os._exit(1)
