"""What the service holds at a time: as it tells itself at /metrics, and as the system does."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import linear_regression

import psutil

from scripts.bench_server import Server

HOUR = 3600.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Sample:
    #: Seconds since the first one.
    at: float
    #: Bytes of the process that serves, and of its workers in sum.
    memory: float
    workers: float
    descriptors: float
    #: Bytes and rows; 0 while it loads.
    index: float
    rows: float
    #: Bytes of all files.
    data: float
    completed: float


def sample(server: Server, began: float) -> Sample:
    """Raises OSError when the service does not answer."""
    told = metrics(server)
    return Sample(
        at=time.monotonic() - began,
        memory=told["process_resident_memory_bytes"],
        workers=_of_workers(server.process.pid),
        descriptors=told["process_open_fds"],
        index=told.get("spool_index_bytes", 0.0),
        rows=told.get("spool_index_rows", 0.0),
        data=told.get("spool_data_bytes", 0.0),
        completed=told.get('spool_attempts_total{outcome="completed"}', 0.0),
    )


def metrics(server: Server) -> dict[str, float]:
    """By name with its labels, as it is written."""
    line = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        line.request("GET", "/metrics")
        answer = line.getresponse()
        text = answer.read().decode()
    finally:
        line.close()
    if answer.status != 200:
        raise OSError(f"/metrics answered {answer.status}")
    rows = [row.rpartition(" ") for row in text.splitlines() if not row.startswith("#")]
    return {name: float(value) for name, _, value in rows}


def slope(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """By least squares: how much more in an hour. 0 of fewer than two."""
    if len(samples) < 2:
        return 0.0
    line = linear_regression([each.at for each in samples], [value(each) for each in samples])
    return line.slope * HOUR


def _of_workers(pid: int) -> float:
    held = 0.0
    for child in psutil.Process(pid).children(recursive=True):
        try:
            held += child.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return held
