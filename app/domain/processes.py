"""What Linux tells of a process that may be another's."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
#: Where in what /proc/PID/stat tells after the name (proc_pid_stat(5) counts from the id, at 1).
STATE, PARENT, USER, SYSTEM, BEGAN = 0, 1, 11, 12, 19
ENDED = "ZX"  # states: it waits for its parent to look, or is gone


@dataclass(frozen=True)
class Process:
    """`began` is in clock ticks since the machine started: with the id it names one process.
    `worked` is the processor time of all its threads, in seconds, in steps of 10 ms."""

    state: str
    parent: int
    began: str
    worked: float

    @property
    def lives(self) -> bool:
        return self.state not in ENDED


#: One that is no more, or where there is no /proc.
GONE = Process(state="X", parent=0, began="", worked=0.0)


def process_of(pid: int) -> Process:
    """As the kernel counts: no clock that a test shifts for this process has a part in it."""
    with suppress(OSError):
        told = PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        after_its_name = told.rpartition(")")[2].split()  # which may hold blanks and brackets
        return _read(after_its_name)
    return GONE


def _read(told: list[str]) -> Process:
    ticks = sum(map(int, told[USER : SYSTEM + 1]))
    worked = ticks / os.sysconf("SC_CLK_TCK")
    return Process(told[STATE], int(told[PARENT]), told[BEGAN], worked)
