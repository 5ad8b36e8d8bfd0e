"""Requests and what they cost, counted by route."""

from dataclasses import dataclass

from app.domain import metrics
from app.ports import Meter


@dataclass(frozen=True, kw_only=True)
class Traffic:
    meter: Meter

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` as the table has it, empty where none was reached; `method` of a closed set."""
        self.meter.add(metrics.HTTP_REQUESTS, route=route, method=method, status=str(status))
        self.meter.seen(metrics.HTTP_SECONDS, seconds, route=route)

    def late(self, seconds: float) -> None:
        """The event loop came so late to what was due."""
        self.meter.seen(metrics.LOOP_LAG, max(0.0, seconds))
