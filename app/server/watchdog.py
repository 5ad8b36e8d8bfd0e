"""Says where the loop stands when it stands still: nobody is answered meanwhile."""

import asyncio
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from loguru import logger

from app.adapters.background import in_background

BEAT = 0.1  # seconds between two signs of life
LIMIT = 0.25  # seconds
TOLD_EVERY = 10.0  # seconds
MOST_FRAMES = 12

Clock = Callable[[], float]


class Watchdog:
    """The loop calls `beat` again and again; another thread looks whether it still does."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Clock = time.monotonic,
        worked: Clock = time.process_time,
        late: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`worked`: seconds of processor time that this process has had. `late` is told at each
        beat by how many seconds."""
        self._loop, self._clock, self._worked, self._late = loop, clock, worked, late
        self._thread = threading.get_ident()
        self._due = self._looked = clock()
        self._worked_before = worked()
        #: Where it was seen standing; empty while it is on time.
        self.place = ""
        self._told_at, self._untold = -math.inf, 0
        self._timer: asyncio.TimerHandle | None = None

    def beat(self) -> None:
        """In the loop, which ought to have come here when it was due."""
        late = self._clock() - self._due
        self._late(late)
        if late > LIMIT and (self.place or self._worked() - self._worked_before > LIMIT):
            self._tell(late)  # else the machine stood still, or had no time for us
        self._due, self._worked_before = self._clock() + BEAT, self._worked()
        self.place = ""
        self._timer = self._loop.call_later(BEAT, self.beat)

    def look(self) -> None:
        """In another thread. One that was held up itself does not know whose fault it is."""
        now = self._clock()
        held_up, self._looked = now - self._looked > BEAT + LIMIT, now
        if not self.place and not held_up and now - self._due > LIMIT:
            self.place = _place(sys._current_frames().get(self._thread))

    def rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self, late: float) -> None:
        if self._clock() - self._told_at < TOLD_EVERY:
            self._untold += 1
            return
        where = self.place or "where is not known: in native code, it seems"
        more = f" ({self._untold} more times before)" if self._untold else ""
        logger.warning("nobody was answered for {:.2f} s{}: {}", late, more, where)
        self._told_at, self._untold = self._clock(), 0


@contextmanager
def watched(late: Callable[[float], None] = lambda _: None) -> Iterator[Watchdog]:
    """The running loop, for the time of the block. `late` as `Watchdog` has it."""
    dog = Watchdog(asyncio.get_running_loop(), late=late)
    dog.beat()
    try:
        with in_background(partial(_look_again, dog), "watchdog"):
            yield dog
    finally:
        dog.rest()


def _look_again(dog: Watchdog, over: threading.Event) -> None:
    while not over.wait(BEAT):
        dog.look()


def _place(frame: FrameType | None) -> str:
    """The innermost call first, in one line; empty where it only waits to be woken."""
    if frame is None or frame.f_globals.get("__name__") == "selectors":
        return ""  # the machine has no time for it
    calls = [
        f"{each.f_globals.get('__name__')}.{each.f_code.co_qualname}:{line}"
        for each, line in traceback.walk_stack(frame)
    ]
    return " < ".join(calls[:MOST_FRAMES])
