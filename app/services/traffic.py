"""Requests and what they cost, counted by route."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from app.domain import metrics
from app.domain.tracing import UNTRACED
from app.ports import Meter, Tracer


@dataclass(frozen=True, kw_only=True)
class Traffic:
    meter: Meter
    tracer: Tracer = UNTRACED

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` as the table has it, empty where none was reached; `method` of a closed set."""
        self.meter.add(metrics.HTTP_REQUESTS, route=route, method=method, status=str(status))
        self.meter.seen(metrics.HTTP_SECONDS, seconds, route=route)

    def asked(self, method: str, route: str) -> AbstractContextManager[None]:
        """The time of a request, for those who follow what is done in it."""
        return self.tracer.span(f"{method} {route}", **{"http.route": route})

    def late(self, seconds: float) -> None:
        """The event loop came so late to what was due."""
        self.meter.seen(metrics.LOOP_LAG, max(0.0, seconds))
