"""A clock that jumps from event to event, and what is waited for there: stations and batches.

A process is a generator that yields what it waits for; it goes on when that has come.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Generator
from itertools import count
from typing import TypeAlias

Resume: TypeAlias = Callable[[], None]
#: What a process waits for is told whom to wake.
Wait: TypeAlias = Callable[[Resume], None]
Process: TypeAlias = Generator[Wait, None, None]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0  # seconds
        self._events: list[tuple[float, int, Resume]] = []
        self._numbers = count()  # of two events at one moment the older one is first

    def after(self, seconds: float, resume: Resume) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), resume))

    def rest(self, seconds: float) -> Wait:
        return lambda resume: self.after(seconds, resume)

    def begin(self, process: Process) -> None:
        def go_on() -> None:
            wait = next(process, None)
            if wait is not None:
                wait(go_on)

        self.after(0.0, go_on)

    def run(self, until: float = math.inf) -> None:
        """To the end of all that was begun, or until then."""
        while self._events and self._events[0][0] <= until:
            self.now, _, resume = heapq.heappop(self._events)
            resume()


class Station:
    """So many servers, and one line in front of them: who came first is served first."""

    def __init__(self, clock: Clock, servers: int = 1) -> None:
        self._clock, self.servers, self._free = clock, servers, servers
        self._line: deque[Resume] = deque()
        #: Seconds that its servers were taken, in sum.
        self.busy = 0.0

    def taken(self, resume: Resume) -> None:
        """A wait. Who was woken holds a server until `left`."""
        if self._free:
            self._free -= 1
            self._clock.after(0.0, resume)
        else:
            self._line.append(resume)

    def left(self) -> None:
        if self._line:
            self._clock.after(0.0, self._line.popleft())
        else:
            self._free += 1

    def used(self, seconds: float) -> Process:
        """Wait for a server, and hold it for so long."""
        yield self.taken
        yield self._clock.rest(seconds)
        self.busy += seconds
        self.left()

    def load(self) -> float:
        """The part of its time that it was busy, 0..1."""
        return self.busy / (self._clock.now * self.servers) if self._clock.now else 0.0


class Batches:
    """One server that takes all who wait at once, up to `together`: `work(number)` is a turn."""

    def __init__(self, clock: Clock, together: int, work: Callable[[int], Process]) -> None:
        self._clock, self._together, self._work = clock, together, work
        self._line: deque[Resume] = deque()
        self._at_work = False

    def joined(self, resume: Resume) -> None:
        """A wait, for the end of the turn that one is in."""
        self._line.append(resume)
        if not self._at_work:
            self._at_work = True
            self._clock.begin(self._turns())

    def _turns(self) -> Process:
        while self._line:
            turn = [self._line.popleft() for _ in range(min(self._together, len(self._line)))]
            yield from self._work(len(turn))
            for resume in turn:
                self._clock.after(0.0, resume)
        self._at_work = False
