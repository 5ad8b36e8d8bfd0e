"""Whom the service calls: nobody, if all is well."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from app.domain.processes import PROC
from tests.faults import spy
from tests.faults.processes import children

LOOK = 0.2  # seconds between two looks
LISTENING = "0A"  # linux/tcp_states.h
TABLES = (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6))


class Trap:
    """Listens on every address of this machine. `url` leads there, and nobody may follow it."""

    def __init__(self) -> None:
        self._doors = [socket.create_server(("", 0), backlog=128)]
        self.port = int(self._doors[0].getsockname()[1])
        with suppress(OSError):  # the kernel may have no IPv6
            self._doors.append(socket.create_server(("::", self.port), family=socket.AF_INET6))
        for door in self._doors:
            door.setblocking(False)
        self.url = f"http://127.0.0.1:{self.port}/secret.wav"

    def knocks(self) -> list[str]:
        """Where those came from who knocked since the last look."""
        return [caller for door in self._doors for caller in _callers(door)]

    def close(self) -> None:
        for door in self._doors:
            door.close()


def _callers(door: socket.socket) -> Iterator[str]:
    with suppress(BlockingIOError):
        while True:
            connection, address = door.accept()
            connection.close()
            yield f"{address[0]}:{address[1]}"


class Calls:
    """Connections of a process and its children to others, as the system tells of them (Linux).

    Looked at again and again; of calls that are over sooner the spy tells, and the trap.
    """

    def __init__(self, pid: Callable[[], int], port: int, notes: Path) -> None:
        """`port`: of the service, to which others may connect. `notes`: of its spy."""
        self._pid, self._port, self._done = pid, port, threading.Event()
        self._notes, self._told = notes, 0
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self) -> list[str]:
        """Whom they called since the last time."""
        assert self._thread.is_alive() or self._done.is_set(), "nobody looks any more"
        with self._lock:
            seen, self._seen = self._seen, set()
        noted = spy.dialled(self._notes)[self._told :]
        self._told += len(noted)
        return sorted(seen | set(noted))

    def close(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(LOOK):
            with suppress(OSError):
                found = set(outgoing(self._pid(), self._port))
                with self._lock:
                    self._seen |= found


def outgoing(pid: int, port: int) -> Iterator[str]:
    """Where all sockets of that family lead that did not come to `port`."""
    own = {inode for each in _family(pid) for inode in _sockets(each)}
    for name, family in TABLES:
        for line in _lines(PROC / str(pid) / "net" / name):
            local, remote, state, inode = line[1], line[2], line[3], line[9]
            came_in = int(local.partition(":")[2], 16) == port
            if inode in own and state != LISTENING and not came_in:
                yield _place(remote, family)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in children(pid):
        yield from _family(child)


def _sockets(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = str(entry.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _lines(table: Path) -> Iterator[list[str]]:
    with suppress(OSError):
        yield from (line.split() for line in table.read_text().splitlines()[1:])


def _place(text: str, family: socket.AddressFamily) -> str:
    """Words of 32 bits, as a little-endian machine keeps them."""
    address, _, port = text.partition(":")
    words = [bytes.fromhex(address[place : place + 8])[::-1] for place in range(0, len(address), 8)]
    return f"{socket.inet_ntop(family, b''.join(words))} port {int(port, 16)}"
