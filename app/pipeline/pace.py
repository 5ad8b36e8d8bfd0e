"""How fast this run of the service works: measured while it does, forgotten when it ends."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MEMORY = 60.0  # seconds of work after which what was measured counts for a third


@dataclass
class Speed:
    """Seconds of sound for each second of work; what was measured lately counts most."""

    _sound: float = 0.0
    _work: float = 0.0

    def note(self, sound: float, work: float) -> None:
        fade = math.exp(-work / MEMORY)
        self._sound, self._work = self._sound * fade + sound, self._work * fade + work

    @property
    def rate(self) -> float | None:
        """None until something was measured."""
        return self._sound / self._work if self._sound and self._work else None


class Run:
    """A job on its way: how far it is, and how fast."""

    def __init__(self, progress: float, now: float) -> None:
        self.began = self._seen = now
        self.progress = progress
        self.speed = Speed()
        #: Seconds of its sound that are not heard yet; None until something was measured.
        self.left: float | None = None

    def move(self, progress: float, duration: float, now: float) -> tuple[float, float]:
        """The sound and the work since the last time."""
        moved = (progress - self.progress) * duration, now - self._seen
        self.speed.note(*moved)
        self.progress, self._seen, self.left = progress, now, (1.0 - progress) * duration
        return moved


class Paces:
    """`begin` a run when its sound is to be heard, `move` it along, `end` it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._runs: dict[str, Run] = {}
        self._whole: float | None = None
        #: Of all runs together.
        self.speed = Speed()

    @property
    def runs(self) -> Mapping[str, Run]:
        """Under way, by job id."""
        return self._runs

    @property
    def whole(self) -> float | None:
        """Seconds that a job takes lately; None until one was heard to its end."""
        return self._whole

    def begin(self, job_id: str, progress: float) -> None:
        self._runs[job_id] = Run(progress, self._clock())

    def move(self, job_id: str, progress: float, duration: float) -> None:
        """`duration`: seconds of its sound; 0 while that is not known, then nothing is measured."""
        run = self._runs.get(job_id)
        if run is not None and duration and progress > run.progress:
            self.speed.note(*run.move(progress, duration, self._clock()))

    def end(self, job_id: str, *, heard: bool) -> None:
        """`heard`: to its end."""
        run = self._runs.pop(job_id, None)
        if run is not None and heard:
            took = self._clock() - run.began
            self._whole = took if self._whole is None else (self._whole + took) / 2
