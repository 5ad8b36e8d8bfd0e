"""How long a job is in each stage."""

import time
from collections.abc import Callable

from app.domain.jobs import Stage
from app.domain.metrics import STAGE_SECONDS
from app.ports import Meter


class StageClock:
    """`enter` one after the other, `end` the last: what is entered twice counts twice."""

    def __init__(self, meter: Meter, timer: Callable[[], float] = time.monotonic) -> None:
        self._meter, self._timer = meter, timer
        self._stage: Stage | None = None
        self._since = 0.0

    def enter(self, stage: Stage) -> None:
        self.end()
        self._stage, self._since = stage, self._timer()

    def end(self) -> None:
        if self._stage is not None:
            took = self._timer() - self._since
            self._meter.seen(STAGE_SECONDS, took, stage=self._stage.value)
        self._stage = None
