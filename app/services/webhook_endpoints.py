"""Which receivers are being called now, and which are left in peace for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE = 5  # failures in a row before an endpoint gets a rest
FIRST_REST = 5.0  # seconds; doubles with each further failure
LAST_REST = 60.0
MOST_KNOWN = 1000  # endpoints in trouble; the one longest in trouble is forgotten first


@dataclass(kw_only=True)
class Trouble:
    #: In a row.
    failures: int = 0
    #: On the timer.
    rests_until: float = 0.0


class Endpoints:
    """One request at a time for each; none for a while after many failures in a row.

    Only of this run: after a restart all are tried again. `timer`: seconds, never set back.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._called: set[str] = set()
        self._troubled: dict[str, Trouble] = {}

    def begin(self, endpoint: str) -> None:
        self._called.add(endpoint)

    def end(self, endpoint: str, *, well: bool | None) -> None:
        """`well`: None when it was never called."""
        self._called.discard(endpoint)
        if well:
            self._troubled.pop(endpoint, None)
        elif well is not None:
            self._note_failure(endpoint)

    def excluded(self) -> set[str]:
        return self._called | self._resting().keys()

    def failures(self, endpoint: str) -> int:
        trouble = self._troubled.get(endpoint)
        return trouble.failures if trouble else 0

    def rest(self) -> float | None:
        """Seconds until the first that rests may be called again."""
        ends = [trouble.rests_until for trouble in self._resting().values()]
        return min(ends) - self._timer() if ends else None

    def _resting(self) -> dict[str, Trouble]:
        now = self._timer()
        return {name: each for name, each in self._troubled.items() if each.rests_until > now}

    def _note_failure(self, endpoint: str) -> None:
        trouble = self._troubled.setdefault(endpoint, Trouble())
        trouble.failures += 1
        if (beyond := trouble.failures - PATIENCE) >= 0:
            rest = min(LAST_REST, FIRST_REST * 2.0 ** min(beyond, 10))
            trouble.rests_until = self._timer() + rest
        if len(self._troubled) > MOST_KNOWN:
            del self._troubled[next(iter(self._troubled))]
