"""So many connections at a time, and who has to go when there is one more."""

import resource
from typing import Protocol

MOST = 10_000
#: One in so many descriptors is a connection; files and workers need the others.
SHARE = 3


class Guest(Protocol):
    def leave(self) -> None:
        """Nothing is asked for just now, and somebody else is waiting."""
        ...


class Places:
    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        #: Longest idle first.
        self._idle: dict[Guest, None] = {}

    def take(self) -> bool:
        """False when the house is full of guests who are all being served."""
        self._taken += 1
        if self._taken <= self._most:
            return True
        if not self._idle:
            return False
        guest = next(iter(self._idle))
        del self._idle[guest]
        guest.leave()
        return True

    def rest(self, guest: Guest) -> None:
        self._idle.setdefault(guest)

    def wake(self, guest: Guest) -> None:
        self._idle.pop(guest, None)

    def free(self, guest: Guest) -> None:
        """The guest is gone, whatever it was doing."""
        self._taken -= 1
        self.wake(guest)


def by_descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = MOST * SHARE if soft == resource.RLIM_INFINITY else soft
    return max(1, min(MOST, granted // SHARE))
