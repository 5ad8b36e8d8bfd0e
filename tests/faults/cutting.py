"""A line between client and service that breaks: a proxy that cuts connections."""

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

BLOCK = 16 * 1024  # bytes
HARD = struct.pack("ii", 1, 0)  # SO_LINGER: what is under way is lost, too


class CuttingLine:
    """`with CuttingLine(port, cuts)`: `url` leads to the service on `port`.

    `cuts`: the first connection that carries so many bytes to the service is cut there, the next
    one at the next number, and so on; when they are used up the line is good. `on_cut` is called
    with the number of cuts so far, and nobody gets through until it returns.
    """

    def __init__(
        self, port: int, cuts: Sequence[int], on_cut: Callable[[int], None] = lambda _: None
    ) -> None:
        self._port, self._cuts, self._on_cut = port, list(cuts), on_cut
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open = threading.Lock()
        self.cut = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __enter__(self) -> "CuttingLine":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with self._open, suppress(OSError):
            service = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            threading.Thread(target=_pump, args=(service, client), daemon=True).start()
            threading.Thread(target=self._carry, args=(client, service), daemon=True).start()
            return
        client.close()

    def _carry(self, client: socket.socket, service: socket.socket) -> None:
        carried = 0
        with suppress(OSError):
            while block := client.recv(BLOCK):
                carried += len(block)
                if self._is_over(carried):
                    self._break(client, service)
                    return
                service.sendall(block)
        _end(client, service)

    def _is_over(self, carried: int) -> bool:
        if not self._cuts or carried < self._cuts[0]:
            return False
        self._cuts.pop(0)
        return True

    def _break(self, client: socket.socket, service: socket.socket) -> None:
        with self._open:
            self.cut += 1
            if self.cut % 2:
                service.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
            _end(service, client)
            self._on_cut(self.cut)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
    _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
