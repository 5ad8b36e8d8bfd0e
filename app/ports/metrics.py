"""Counting what happens, and telling it."""

from collections.abc import Iterable
from typing import Protocol

from app.domain.metrics import Metric, Reading


class Meter(Protocol):
    """Counts in memory, in some microseconds. Never raises: no job may fail for being counted. Safe
    to call from any thread."""

    def add(self, metric: Metric, number: float = 1.0, /, **labels: str) -> None:
        """To a counter. `labels` are those of the metric, all of them."""
        ...

    def seen(self, metric: Metric, value: float, /, **labels: str) -> None:
        """One more value of a histogram."""
        ...


class MetricsPage(Protocol):
    """What a meter has counted since the start."""

    #: Of `text`.
    media_type: str

    def text(self, gauges: Iterable[Reading]) -> bytes:
        """All of it, and these beside, as Prometheus reads them. Some milliseconds: to be called
        in a thread."""
        ...
