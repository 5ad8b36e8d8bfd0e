"""Which processes belong to a service under test, as the system tells it (Linux)."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from app.adapters.leftovers import mark_of
from app.domain.processes import PROC, process_of

#: In the environment of the service, and so of what it starts.
MARK = "SPOOL_FAULTS_RUN"


def all_of(run: str, data: Path) -> list[int]:
    """By the mark, by the service's own mark, or by a command line that names the data folder."""
    marks = {f"{MARK}={run}".encode(), f"SPOOL_SERVICE={mark_of(data)}".encode()}
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                given = set((entry / "environ").read_bytes().split(b"\0"))
                named = os.fsencode(data) in (entry / "cmdline").read_bytes()
                if (given & marks or named) and process_of(int(entry.name)).lives:
                    found.append(int(entry.name))
    return found


def orphans(run: str, data: Path, alive: int | None) -> list[str]:
    """Those that do not descend from the service that is alive; each with its command."""
    return [_told(pid) for pid in all_of(run, data) if alive is None or not _descends(pid, alive)]


def end(run: str, data: Path) -> None:
    for pid in all_of(run, data):
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def freeze(run: str, data: Path) -> None:
    """Stop them all where they are."""
    for pid in all_of(run, data):
        with suppress(OSError):
            os.kill(pid, signal.SIGSTOP)


def children(pid: int) -> list[int]:
    """Of all its threads."""
    found: list[int] = []
    with suppress(OSError):
        for thread in PROC.joinpath(str(pid), "task").iterdir():
            with suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    return found


def command(pid: int) -> str:
    with suppress(OSError):
        return PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = process_of(pid).parent
    return False


def _told(pid: int) -> str:
    return f"{pid} {command(pid)[:200]}"
