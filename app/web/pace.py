"""So many a minute for each name, with bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0  # seconds
MOST_NAMES = 20_000
#: Seconds that floats may be off by.
JITTER = 1e-6


class Pace:
    """A bucket for each name, which a minute fills (the generic cell rate algorithm).

    With more than `most` names the bucket that was touched longest ago is forgotten, and so full
    again: where so many addresses call at once, a limit for each of them is no help anyway.
    """

    def __init__(
        self, a_minute: int, *, most: int = MOST_NAMES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each, self._most, self._clock = MINUTE / a_minute, most, clock
        #: When each bucket will be full again, least recently touched first.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until there is one to take; 0: there is one now. Takes none."""
        now = self._clock()
        full_in = max(self._full_at.get(name, now) - now, 0.0)
        over = full_in - (MINUTE - self._each)
        return over if over > JITTER else 0.0

    def take(self, name: str) -> float:
        """Take one if there is one; returns what `wait` does."""
        if seconds := self.wait(name):
            self._full_at.move_to_end(name)
            return seconds
        now = self._clock()
        self._full_at[name] = max(self._full_at.get(name, now), now) + self._each
        self._full_at.move_to_end(name)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)
