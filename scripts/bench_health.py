"""How soon /health answers while everything else is busy: at the start, and under load."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from scripts.bench_report import MiB, Report, percentile, say
from scripts.bench_server import Server, serving
from scripts.bench_speech import speech

MODEL = "tiny.en"
SECONDS = 180.0  # of speech in each job
EVERY = 0.020  # seconds
TARGET = 50.0  # milliseconds
PACE = 32 * MiB  # bytes of upload per second
WATCH = 0.1  # seconds between two looks at the jobs
TOGETHER = 0.3  # of a job's progress, at least, when the other one is at its half

#: Milliseconds of each answer, and milliseconds by which the prober itself woke too late.
Probes = list[tuple[float, float]]


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        body = speech(Path(folder, "speech.wav"), SECONDS).path.read_bytes()
        with serving(APP__TRANSCRIPTION__MODEL=MODEL, APP__TRANSCRIPTION__WORKERS="2") as server:
            server.await_health()
            with probing(server) as at_start:
                say(f"health: all loaded after {server.await_ready():.1f} s")
            with probing(server) as busy, uploading(server):
                lines = two_jobs(server, body)
    _tell(report, "while models load", at_start)
    _tell(report, "while two jobs and an upload run", busy)
    other = min(_other_at_half(*lines), _other_at_half(*reversed(lines)))
    report.at_least(TOGETHER, "a job's progress when the other is half done", other, "")
    report.detail["progress"] = lines
    report.notes += [
        f"asked every {EVERY * 1000:.0f} ms over one connection by a process of its own, which "
        "shares the cores with the service; `woke late` tells how much that alone costs",
        f"two jobs of {SECONDS:.0f} s of speech ({MODEL}, 2 worker slots), and an upload at "
        f"{PACE / MiB:.0f} MiB/s all the while",
    ]


@contextmanager
def probing(server: Server) -> Iterator[Probes]:
    """Filled when the block ends."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    prober = context.Process(target=probe, args=(server.port, theirs), daemon=True)
    prober.start()
    ours.recv()  # it has begun
    found: Probes = []
    yield found
    ours.send("enough")
    found += ours.recv()
    prober.join()


def probe(port: int, told: Connection) -> None:
    """Runs in a process of its own until it is told that it is enough."""
    found: Probes = []
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    told.send("begun")
    due = time.monotonic()
    while not told.poll():
        began = time.monotonic()
        line.request("GET", "/health")
        answer = line.getresponse()
        answer.read()
        found.append(((time.monotonic() - began) * 1000, (began - due) * 1000))
        due = max(due + EVERY, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
    told.send(found)


@contextmanager
def uploading(server: Server) -> Iterator[None]:
    """One long upload at a steady pace, ended as a whole body when the block ends."""
    over = threading.Event()
    sender = threading.Thread(target=_upload, args=(server.port, over))
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def _upload(port: int, over: threading.Event) -> None:
    block = os.urandom(MiB)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(
            b"POST /api/v1/ingest HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while not over.wait(MiB / PACE):
            line.sendall(b"%x\r\n%b\r\n" % (len(block), block))
        line.sendall(b"0\r\n\r\n")
        line.recv(65536)


def two_jobs(server: Server, body: bytes) -> tuple[list[float], list[float]]:
    """Progress of both, looked at together until both have ended."""
    paths = [
        server.ask(f"/api/v1/ingest?filename=speech-{number}.wav", body)["status_url"]
        for number in (1, 2)
    ]
    first: list[float] = []
    second: list[float] = []
    ended = False
    while not ended:
        jobs = [server.ask(path) for path in paths]
        first.append(jobs[0]["progress"])
        second.append(jobs[1]["progress"])
        if failed := [job["error"] for job in jobs if job["status"] == "Failed"]:
            raise OSError(f"a job failed: {failed}")
        ended = all(job["status"] == "Completed" for job in jobs)
        time.sleep(WATCH)
    return first, second


def _other_at_half(line: list[float], other: list[float]) -> float:
    """Where `other` was when `line` first was half done."""
    half = next(index for index, progress in enumerate(line) if progress >= 0.5)
    return other[half]


def _tell(report: Report, when: str, probes: Probes) -> None:
    answers, late = [answer for answer, _ in probes], [late for _, late in probes]
    report.fact(f"/health {when}: answers", len(answers), "")
    report.fact("  median", percentile(answers, 50), "ms")
    report.below(TARGET, "  99 of 100", percentile(answers, 99), "ms")
    report.below(TARGET, "  slowest", max(answers), "ms")
    report.fact("  prober woke late, 99 of 100", percentile(late, 99), "ms")
    report.detail[when] = {"answers_ms": answers, "late_ms": late}
