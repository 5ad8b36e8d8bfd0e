"""What the shelf asks of a place that weights come from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.domain.models import ModelKind, ModelSource
from app.ports import Progress


class Source(Protocol):
    source: ModelSource

    def refusal(self, name: str, kind: ModelKind) -> str | None:
        """Why it cannot provide this; None when it may be asked. Needs no network."""
        ...

    def size(self, name: str, kind: ModelKind) -> int | None:
        """Bytes of the finished weights, as far as known beforehand."""
        ...

    def names(self) -> Sequence[tuple[str, ModelKind]]:
        """All that can be listed without asking the network."""
        ...

    def build(self, name: str, kind: ModelKind, work: Path, progress: Progress) -> Path:
        """Make checked weights somewhere in the empty folder `work`, and say where.

        Raises ModelNotFound, ModelCorrupt.
        """
        ...


def part_of(progress: Progress, first: float, last: float) -> Progress:
    """A progress that runs 0..1 while the whole runs `first`..`last`."""
    return lambda done: progress(first + (last - first) * done)


def rising(progress: Progress) -> Progress:
    """A progress that never falls: pip moves its files, and a second source begins anew."""
    highest = 0.0

    def report(done: float) -> None:
        nonlocal highest
        if done > highest:
            highest = min(done, 1.0)
            progress(highest)

    return report
