"""So many connections at a time, and who has to go when there is one more."""

import resource
from collections import defaultdict
from typing import Protocol

MOST = 10_000
#: One in so many descriptors is a connection; files and workers need the others.
SHARE = 3
#: One in so many places may be taken from a single address.
PART = 2


class Guest(Protocol):
    #: The address that it comes from; empty where many come from one.
    origin: str

    def leave(self) -> None:
        """Nothing is asked for just now, and somebody else is waiting."""
        ...


class Places:
    def __init__(self, most: int) -> None:
        self._most, self._share = most, max(1, most // PART)
        self._taken = 0
        self._taken_from: defaultdict[str, int] = defaultdict(int)
        #: Longest idle first: all of them, and by where they come from.
        self._idle: dict[Guest, None] = {}
        self._idle_from: defaultdict[str, dict[Guest, None]] = defaultdict(dict)
        #: They take no place from others, but a descriptor until they have read why.
        self._refused: set[Guest] = set()

    @property
    def besieged(self) -> bool:
        """So many are refused that the next one need not be told why."""
        return len(self._refused) > self._share

    def take(self, guest: Guest) -> bool:
        """False when the house is full of guests who are all being served, or has too many of them
        from there. Who is refused has to be freed, too."""
        if not self._room_for(guest):
            self._refused.add(guest)
            return False
        self._taken += 1
        self._taken_from[guest.origin] += 1
        return True

    def rest(self, guest: Guest) -> None:
        self._idle.setdefault(guest)
        self._idle_from[guest.origin].setdefault(guest)

    def wake(self, guest: Guest) -> None:
        self._idle.pop(guest, None)
        there = self._idle_from.get(guest.origin, {})
        there.pop(guest, None)
        if not there:
            self._idle_from.pop(guest.origin, None)

    def free(self, guest: Guest) -> None:
        """The guest is gone, whatever it was doing."""
        if guest in self._refused:
            self._refused.remove(guest)
            return
        self._taken -= 1
        self._taken_from[guest.origin] -= 1
        if not self._taken_from[guest.origin]:
            del self._taken_from[guest.origin]
        self.wake(guest)

    def _room_for(self, guest: Guest) -> bool:
        """Of those from where too many come, one of their own has to go, and nobody else."""
        if guest.origin and self._taken_from.get(guest.origin, 0) >= self._share:
            return self._send_away(self._idle_from.get(guest.origin, {}))
        return self._taken < self._most or self._send_away(self._idle)

    def _send_away(self, idle: dict[Guest, None]) -> bool:
        """Whether there was one who asks for nothing."""
        guest = next(iter(idle), None)
        if guest is None:
            return False
        self.wake(guest)
        guest.leave()
        return True


def by_descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = MOST * SHARE if soft == resource.RLIM_INFINITY else soft
    return max(1, min(MOST, granted // SHARE))
