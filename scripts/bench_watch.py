"""What a process and its children hold in memory and spend on the processors, while one looks."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import psutil

EVERY = 0.25  # seconds


@dataclass(frozen=True, kw_only=True)
class Sample:
    #: Seconds since the watch began.
    at: float
    #: Bytes of memory (RSS) of the process, and of its children together. Pages that they share
    #: count more than once.
    own: int
    children: int

    @property
    def all(self) -> int:
        return self.own + self.children


@dataclass
class Watch:
    """Looks at a process from when the block begins until it ends."""

    pid: int
    samples: list[Sample] = field(default_factory=list)
    #: Seconds by the clock, and seconds of processor time: of the process, and of its children.
    seconds: float = 0.0
    own_cpu: float = 0.0
    #: By process id; 0 for those that have ended.
    by_child: dict[int, float] = field(default_factory=dict)

    def __enter__(self) -> "Watch":
        self._over = threading.Event()
        self._process = psutil.Process(self.pid)
        self._began, self._spent = time.monotonic(), _spent(self._process)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began
        (own_before, before), (own, now) = self._spent, _spent(self._process)
        self.own_cpu = own - own_before
        self.by_child = {pid: spent - before.get(pid, 0.0) for pid, spent in now.items()}
        self._over.set()
        self._thread.join()

    @property
    def children_cpu(self) -> float:
        return sum(self.by_child.values())

    @property
    def cpu(self) -> float:
        return self.own_cpu + self.children_cpu

    @property
    def peak(self) -> int:
        """The most bytes of all together at one moment."""
        return max(sample.all for sample in self.samples)

    def _look(self) -> None:
        while True:
            own, children = _held(self._process)
            at = time.monotonic() - self._began
            self.samples.append(Sample(at=at, own=own, children=children))
            if self._over.wait(EVERY):
                return


def growth(samples: Sequence[Sample]) -> float:
    """Of the last third beside the first one: 0.1 when its median is a tenth more."""
    third = max(1, len(samples) // 3)
    first, last = (median(one.all for one in part) for part in (samples[:third], samples[-third:]))
    return last / first - 1


def _held(process: psutil.Process) -> tuple[int, int]:
    children = 0
    for child in process.children(recursive=True):
        try:
            children += child.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return process.memory_info().rss, children


def _spent(process: psutil.Process) -> tuple[float, dict[int, float]]:
    """With children that have ended: the system keeps their times with their parent's."""
    own = process.cpu_times()
    children = {0: own.children_user + own.children_system}
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        spent = times.user + times.system + times.children_user + times.children_system
        children[child.pid] = spent
    return own.user + own.system, children
