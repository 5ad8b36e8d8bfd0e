"""A line to a server that stalls: it stays open and takes connections, and nothing gets through."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BLOCK = 16 * 1024  # bytes


class StallingLine:
    """`with StallingLine(connect) as line`: on `line.port` whoever `connect` leads to."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._door = socket.create_server(("127.0.0.1", 0))
        self._flows = threading.Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        #: The beginnings of what clients sent, and the server has not got.
        self.held: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self._door.getsockname()[1])

    def stall(self) -> None:
        self._flows.clear()

    def go_on(self) -> None:
        """What was held comes through now, where somebody still waits for it."""
        self._flows.set()

    def __enter__(self) -> "StallingLine":
        _in_a_thread(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._flows.set()
        _end(self._door, *self._ends)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = self._connect()
                self._ends += (client, server)
                _in_a_thread(self._carry, client, server, self.held)
                _in_a_thread(self._carry, server, client, [])

    def _carry(self, source: socket.socket, target: socket.socket, held: list[bytes]) -> None:
        with suppress(OSError):
            while block := source.recv(BLOCK):
                if not self._flows.is_set():
                    held.append(block)
                    self._flows.wait()
                target.sendall(block)
        _end(source, target)


def to_socket(path: Path) -> Callable[[], socket.socket]:
    """To a server that listens in the file system."""

    def connect() -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(path))
        return line

    return connect


def to_port(port: int) -> Callable[[], socket.socket]:
    return lambda: socket.create_connection(("127.0.0.1", port))


def _in_a_thread(work: Callable[..., None], *args: object) -> None:
    threading.Thread(target=work, args=args, daemon=True).start()


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
