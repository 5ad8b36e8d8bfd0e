"""Processes that outlived the run of the service that started them.

They die with their service by the kernel's hand; this is for those that it could not reach, such
as one that gave up the tie, or was started in the moment between.
"""

import hashlib
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.processes import PROC, process_of

#: Tells in the environment of all its children whose they are, and where nothing lies.
MARK = "SPOOL_SERVICE"
PATIENCE = 5.0  # seconds for killed processes to be gone
LOOK = 0.01  # seconds between two looks whether they are


def mark_of(data_dir: Path) -> str:
    """Of the service on this folder; who reads it does not learn the folder's name."""
    return hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:32]


@contextmanager
def marked(data_dir: Path) -> Iterator[None]:
    """Children started within the block can be told as those of the service on this folder.

    The service itself cannot: the system shows the environment that a process began with.
    """
    before = os.environ.get(MARK)
    os.environ[MARK] = mark_of(data_dir)
    try:
        yield
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def end_leftovers(data_dir: Path) -> list[int]:
    """Kill what an earlier run on this folder left alive, and wait until it is gone.

    Call it with the folder's lock held: then no other service can own them. Returns the ids of
    those killed. Ours are spared. Does nothing where there is no /proc (other than Linux).
    """
    mark = f"{MARK}={mark_of(data_dir)}".encode()
    return _end_by_descriptor(mark) if _has_descriptors() else _end_by_id(mark)


def _has_descriptors() -> bool:
    """Of processes. A Python built on an old kernel lacks them, and some sandboxes refuse them."""
    try:
        os.close(os.pidfd_open(os.getpid()))
        return hasattr(signal, "pidfd_send_signal")
    except (AttributeError, OSError):
        return False


def _end_by_descriptor(mark: bytes) -> list[int]:
    killed = {}
    try:
        for pid in _processes():
            descriptor = _killed(pid, mark)
            if descriptor is not None:
                killed[pid] = descriptor
        _await_ends(killed.values())
    finally:
        for descriptor in killed.values():
            os.close(descriptor)
    return list(killed)


def _end_by_id(mark: bytes) -> list[int]:
    """The next best: an id may pass to another process, if only within a blink."""
    found = [pid for pid in _processes() if _is_leftover(pid, mark)]
    killed = {pid: began for pid in found if (began := _killed_by_id(pid, mark))}
    deadline = time.monotonic() + PATIENCE
    while any(map(_lives, killed.items())) and time.monotonic() < deadline:
        time.sleep(LOOK)
    return list(killed)


def _killed_by_id(pid: int, mark: bytes) -> str | None:
    """When it began. Looks again right before: since the first look ids have been set free."""
    began = process_of(pid).began
    if not began or not _is_leftover(pid, mark):
        return None
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:  # gone, or another user's
        return None
    return began


def _lives(killed: tuple[int, str]) -> bool:
    """By its state: one that is about to end has lost its environment already."""
    pid, began = killed
    process = process_of(pid)
    return process.began == began and process.lives


def _is_leftover(pid: int, mark: bytes) -> bool:
    """Not once it has ended, even before its parent has looked: then it has no environment."""
    try:
        return _bears(pid, mark) and not _is_ours(pid)
    except OSError:  # gone, or another user's
        return False


def _processes() -> list[int]:
    if not PROC.joinpath("self", "environ").exists():
        return []
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _killed(pid: int, mark: bytes) -> int | None:
    """A descriptor of the process when it bore the mark; None when it is not to be killed.

    It is opened before the look: the id may pass to another process, the descriptor does not.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:  # gone
        return None
    try:
        if _is_leftover(pid, mark):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            return descriptor
    except OSError:  # gone, or another user's
        pass
    os.close(descriptor)
    return None


def _bears(pid: int, mark: bytes) -> bool:
    return mark in PROC.joinpath(str(pid), "environ").read_bytes().split(b"\0")


def _is_ours(pid: int) -> bool:
    """Whether it is this process, or descends from it."""
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = process_of(pid).parent
    return False


def _await_ends(descriptors: Iterable[int]) -> None:
    poll = select.poll()
    waiting = set(descriptors)
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + PATIENCE
    while waiting and (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(left * 1000):
            poll.unregister(descriptor)
            waiting.discard(descriptor)
