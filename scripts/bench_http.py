"""HTTP under load: small requests beside work, eight uploads at once, a thousand slow clients."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from app.adapters.background import in_background
from scripts.bench_health import MODEL, SECONDS
from scripts.bench_report import MiB, Report, percentile, say
from scripts.bench_server import Server, forget_peak, own, peak, resident, serving
from scripts.bench_speech import speech
from scripts.bench_upload import BLOCK, upload

LARGE = int(os.environ.get("BENCH_HTTP_LARGE", 2048)) * MiB  # the upload beside the jobs
EACH = int(os.environ.get("BENCH_HTTP_EACH", 512)) * MiB  # of the eight
TOGETHER = 8
SLOW = int(os.environ.get("BENCH_HTTP_SLOW", 1000))  # connections
DRIBBLE = 1.0  # seconds between two bytes of a slow client's headers
WATCHED = 10.0  # seconds
SPEED = 60.0  # MiB/s, in sum
MEMORY = 200.0  # MiB
PROMPT = 200.0  # milliseconds

#: Milliseconds of each answer, and the seconds in which they came.
Asked = tuple[list[float], float]


def measure(report: Report) -> None:
    with serving(APP__TRANSCRIPTION__MODEL=MODEL, APP__TRANSCRIPTION__WORKERS="2") as server:
        server.await_ready()
        _beside_work(report, server)
        _uploads(report, server)
        _slow_clients(report, server)
    report.notes += [
        "requests are asked one after the other over one connection each by processes of their "
        "own, which share the cores with the service",
        f"beside two jobs of {SECONDS:.0f} s of speech ({MODEL}) and a raw upload of "
        f"{LARGE // MiB} MiB, for as long as the jobs and the upload last",
        f"{TOGETHER} raw uploads of {EACH // MiB} MiB at once, each hashed and synced; memory is "
        "the peak (VmHWM) of the server's process",
        f"{SLOW} connections that send a byte of their headers every {DRIBBLE:g} s; those that "
        "the service closes are opened anew",
    ]


# small requests beside work


def _beside_work(report: Report, server: Server) -> None:
    with TemporaryDirectory(prefix="spool-bench-") as folder:
        body = speech(Path(folder, "speech.wav"), SECONDS).path.read_bytes()
    jobs = [_submitted(server, body, number) for number in (1, 2)]
    paths = {"/status/{id}": f"/status/{jobs[0]}", "/health": "/health"}
    with ExitStack() as stack:
        found = {name: stack.enter_context(asking(server, path)) for name, path in paths.items()}
        pool = stack.enter_context(ThreadPoolExecutor(1))
        sent = pool.submit(upload, server, "raw", LARGE)
        for job_id in jobs:
            server.await_end(job_id)
        sent.result()
    for name, told in found.items():
        _tell(report, f"{name} beside two jobs and an upload", told[0], None)
    say("http: small requests beside work are measured")


def _submitted(server: Server, body: bytes, number: int) -> str:
    return str(server.ask(f"/api/v1/ingest?filename=speech-{number}.wav", body)["job_id"])


@contextmanager
def asking(server: Server, path: str) -> Iterator[list[Asked]]:
    """A process asks all the while; what it found is in the list when the block ends."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    asker = context.Process(target=ask, args=(server.port, path, theirs), daemon=True)
    asker.start()
    ours.recv()  # it has begun
    found: list[Asked] = []
    try:
        yield found
    finally:
        ours.send("enough")
        found.append(ours.recv())
        asker.join()


def ask(port: int, path: str, told: Connection) -> None:
    """Runs in a process of its own until it is told that it is enough."""
    found: list[float] = []
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    told.send("begun")
    first = time.monotonic()
    while not told.poll():
        began = time.monotonic()
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise OSError(f"{path} answered {answer.status}")
        found.append((time.monotonic() - began) * 1000)
    told.send((found, time.monotonic() - first))


def _tell(report: Report, what: str, asked: Asked, target: float | None) -> None:
    answers, seconds = asked
    report.fact(f"{what}: requests a second", len(answers) / seconds, "/s")
    report.fact("  median", percentile(answers, 50), "ms")
    if target is None:
        report.fact("  99 of 100", percentile(answers, 99), "ms")
    else:
        report.below(target, "  99 of 100", percentile(answers, 99), "ms")
    report.detail[what] = {"requests": len(answers), "seconds": seconds, "slowest": max(answers)}


# uploads at once


def _uploads(report: Report, server: Server) -> None:
    report.fact("memory of the service, all loaded", resident(server.process.pid) / MiB, "MiB")
    forget_peak(server.process.pid)
    began = time.monotonic()
    with ThreadPoolExecutor(TOGETHER) as pool:
        sent = [pool.submit(upload, server, "raw", EACH) for _ in range(TOGETHER)]
        for each in sent:
            each.result()
    seconds = time.monotonic() - began
    report.at_least(SPEED, f"{TOGETHER} uploads at once", TOGETHER * EACH / MiB / seconds, "MiB/s")
    report.below(MEMORY, "  the most memory of the service", peak(server.process.pid) / MiB, "MiB")
    report.fact("    its own, without mapped files", own(server.process.pid) / MiB, "MiB")
    report.detail["uploads"] = {"block": BLOCK, "each": EACH, "seconds": seconds}
    say(f"http: {TOGETHER} uploads in {seconds:.1f} s")


# slow clients


def _slow_clients(report: Report, server: Server) -> None:
    crowd = in_background(partial(_dribble, server.port), "crowd")
    with asking(server, "/health") as quiet:
        time.sleep(WATCHED / 2)
    with crowd, asking(server, "/health") as found:
        time.sleep(WATCHED)
    _tell(report, "/health, nobody else there", quiet[0], None)
    _tell(report, f"/health beside {SLOW} slow connections", found[0], PROMPT)


def _dribble(port: int, over: threading.Event) -> None:
    """All connections, a byte each in turn, until it is over."""
    lines: list[socket.socket] = []
    try:
        while not over.is_set():
            began = time.monotonic()
            lines = [line for line in lines if _alive(line)]
            while len(lines) < SLOW and not over.is_set():
                lines.append(_opened(port))
            over.wait(max(0.0, DRIBBLE - (time.monotonic() - began)))
    finally:
        for line in lines:
            line.close()


def _opened(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    return line


def _alive(line: socket.socket) -> bool:
    """One more byte; False when the service has closed it, which is then closed here too."""
    try:
        return line.send(b"x") > 0
    except OSError:
        line.close()
        return False
