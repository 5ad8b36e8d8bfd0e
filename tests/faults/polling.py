"""Looking from outside until something is so, with an end to patience."""

import time
from collections.abc import Callable

LOOK = 0.08  # seconds between two looks


class NeverCame(AssertionError):
    """What was waited for did not happen in time."""


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Raises NeverCame after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NeverCame(f"after {seconds:g} s still not: {what}")
        time.sleep(LOOK)
