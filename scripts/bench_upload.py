"""A gibibyte sent to the real service: its memory, and how soon it answers when all is on disk."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from scripts.bench_report import MiB, Report, say
from scripts.bench_server import Server, forget_peak, peak, resident, serving

SIZE = 1024 * MiB
BLOCK = MiB
TARGET = 64.0  # MiB
SOON = 0.050  # seconds
#: More of the answer's delay, by small uploads: one figure alone may be luck.
SMALL, TIMES = 8 * MiB, 10
BOUNDARY = "spool-bench-boundary"
HEAD = (
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="file"; filename="noise.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, kw_only=True)
class Sent:
    seconds: float
    #: Seconds from the last byte sent to the answer: includes writing and syncing what is left.
    after_last_byte: float
    #: Seconds from the moment the file, synced, gets its final name to the answer.
    after_on_disk: float
    grown: int = 0


def measure(report: Report) -> None:
    with serving() as server:
        server.await_ready()
        for kind in ("multipart", "raw"):
            sent = watched(server, kind, SIZE)
            say(f"upload: 1 GiB {kind} in {sent.seconds:.1f} s")
            _tell(report, kind, sent)
        delays = [upload(server, "raw", SMALL).after_on_disk for _ in range(TIMES)]
    small = f"on disk to 202, {TIMES} x 8 MiB"
    report.below(SOON * 1000, f"{small}: median", median(delays) * 1000, "ms")
    report.fact("  slowest", max(delays) * 1000, "ms")
    report.detail["small_after_on_disk_s"] = delays
    report.notes += [
        "memory: peak (VmHWM) of the server's process from before the upload until after the "
        "answer, less what it held before; all models were loaded before",
        "on disk: the file gets its final name right after its fsync; a thread of the client looks "
        "for that name every 0.5 ms. From then on the service syncs the folder, commits the row, "
        "answers. After the last byte sent there is more to do: write and sync what is left",
    ]


def watched(server: Server, kind: str, size: int) -> Sent:
    """With the growth of the server's memory."""
    pid = server.process.pid
    before = resident(pid)
    forget_peak(pid)
    sent = upload(server, kind, size)
    return Sent(**{**vars(sent), "grown": peak(pid) - before})


def upload(server: Server, kind: str, size: int) -> Sent:
    """`kind`: multipart or raw. Raises OSError unless the answer is 202."""
    with _Arrival(server.data / "audio_jobs") as arrival:
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as line:
            began = time.monotonic()
            line.sendall(_request(kind, size))
            for block in _body(kind, size):
                line.sendall(block)
            last = time.monotonic()
            answer = line.recv(65536)
            told = time.monotonic()
    if b" 202 " not in answer.split(b"\r\n")[0]:
        raise OSError(f"the upload was answered: {answer[:300]!r}")
    return Sent(
        seconds=told - began,
        after_last_byte=told - last,
        after_on_disk=max(0.0, told - arrival.seen),
    )


@dataclass
class _Arrival:
    """Sees the moment at which a new file gets its final name in a folder."""

    folder: Path
    seen: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "_Arrival":
        self._known = self._names()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.0005):
            if self._names() - self._known:
                self.seen = time.monotonic()
                return

    def _names(self) -> set[str]:
        names = os.listdir(self.folder) if self.folder.is_dir() else []
        return {name for name in names if not name.endswith(".part")}


def _request(kind: str, size: int) -> bytes:
    multipart = kind == "multipart"
    form = f"multipart/form-data; boundary={BOUNDARY}"
    length = size + (len(HEAD) + len(TAIL) if multipart else 0)
    return (
        "POST /api/v1/ingest HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"Content-Type: {form if multipart else 'application/octet-stream'}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def _body(kind: str, size: int) -> Iterator[bytes]:
    """Noise, repeated: nothing that a file system could store as a hole."""
    block = os.urandom(BLOCK)
    if kind == "multipart":
        yield HEAD
    for _ in range(size // BLOCK):
        yield block
    if kind == "multipart":
        yield TAIL


def _tell(report: Report, kind: str, sent: Sent) -> None:
    report.below(TARGET, f"1 GiB {kind}: growth of the server", sent.grown / MiB, "MiB")
    report.below(SOON * 1000, "  file on disk to 202", sent.after_on_disk * 1000, "ms")
    report.fact("  last byte sent to 202", sent.after_last_byte * 1000, "ms")
    report.fact("  speed", SIZE / MiB / sent.seconds, "MiB/s")
    report.detail[kind] = vars(sent)
