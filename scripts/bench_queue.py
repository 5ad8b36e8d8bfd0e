"""Many jobs: how fast they are taken in, claimed, seen through and taken up after a restart."""

import asyncio
import json
import os
import tempfile
import time
import uuid
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from scripts.bench_backlog import grow
from scripts.bench_drain import claims, drain
from scripts.bench_report import Report, percentile, say
from scripts.bench_server import models_folder
from tests.faults.spool import Spool
from tests.media import silence

SECONDS = float(os.environ.get("SPOOL_BENCH_SECONDS") or 60)
CLIENTS = 16  # connections
QUEUED = 100_000
DRAINED = 10_000
PENDING, RUNNING = 10_000, 50
#: One place, taken by a job that never ends: nothing else is done but to take jobs in.
IDLE = {
    "APP__INGESTION__MAX_CONCURRENT_JOBS": "1",
    "APP__LOGGING__LEVEL": "WARNING",
    "SPOOL_FAULTS_BOUND": "86400",
}


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        medium = silence(Path(folder, "silence.wav"), 1.0)
        spool = Spool(Path(folder, "spool"), models_folder())
        spool.settings |= IDLE | {"APP__INGESTION__ALLOWED_ROOTS": json.dumps([folder])}
        try:
            _measure_intake(report, spool, medium)
            _measure_claims(report, spool)
            _measure_restart(report, Path(folder))
        finally:
            spool.close()
        _measure_drain(report, Path(folder))
    report.notes += [
        f"taken in: POST /api/v1/ingest with a path, {CLIENTS} connections of one client process "
        f"that shares the cores with the service, {SECONDS:g} s, synchronous=FULL",
        f"claimed: the real store, {QUEUED} queued, one after the other, each with its commit",
        f"drained: {DRAINED} jobs through the real store, queue, worker and result files; the line "
        "they walk does nothing",
        f"restart: {PENDING} pending and {RUNNING} running rows of a dead run, until /health "
        "answers; by then they are swept and queued",
    ]


def _measure_intake(report: Report, spool: Spool, medium: Path) -> None:
    answers, refused, elapsed = intake(spool, medium)
    say(f"queue: {len(answers)} taken in within {elapsed:.1f} s")
    report.at_least(500, "jobs taken in", len(answers) / elapsed, "/s")
    report.below(50, "  99 of 100 answers", percentile(answers, 99), "ms")
    report.fact("  median", percentile(answers, 50), "ms")
    report.below(1, "  refused", refused, "")
    report.detail["answers_ms"] = answers
    spool.kill()


def intake(spool: Spool, medium: Path) -> tuple[list[float], int, float]:
    """Milliseconds of each answer, how many refused, and seconds; the service goes on."""
    spool.start()
    spool.post(medium, prompt="fault=hang")
    ours, theirs = get_context("spawn").Pipe()
    client = get_context("spawn").Process(
        target=submit, args=(spool.port, str(medium), SECONDS, theirs), daemon=True
    )
    client.start()
    answers, refused, elapsed = ours.recv()
    client.join()
    return answers, refused, elapsed


def submit(port: int, medium: str, seconds: float, told: Connection) -> None:
    """Runs in a process of its own."""
    told.send(asyncio.run(_submit(port, medium, seconds)))


async def _submit(port: int, medium: str, seconds: float) -> tuple[list[float], int, float]:
    answers: list[float] = []
    refused: list[bytes] = []
    began = time.monotonic()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() - began < seconds:
            body = json.dumps({"path": medium, "title": str(uuid.uuid4())}).encode()
            sent = time.monotonic()
            writer.write(
                b"POST /api/v1/ingest HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            answers.append((time.monotonic() - sent) * 1000)
            if b" 202 " not in head.split(b"\r\n")[0]:
                refused.append(head)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return answers, len(refused), time.monotonic() - began


def _measure_claims(report: Report, spool: Spool) -> None:
    """On the same database, topped up."""
    file = spool.data / "spool.db"
    few = asyncio.run(claims(file, grow(file, pending=1)))  # whatever was taken in is queued, too
    new = grow(file, pending=QUEUED)
    took = asyncio.run(claims(file, new))
    say(f"queue: {len(took)} of {QUEUED} claimed")
    report.below(5, f"claim with {QUEUED} queued, 99 of 100", percentile(took, 99), "ms")
    report.fact("  median", percentile(took, 50), "ms")
    report.detail |= {"claims_ms": took, "first_claim_ms": few}


def _measure_restart(report: Report, folder: Path) -> None:
    seeded = Spool(folder / "restart", models_folder())
    seeded.settings |= IDLE
    try:
        seeded.start()
        seeded.post(folder / "silence.wav", prompt="fault=hang")
        seeded.kill()
        grow(seeded.data / "spool.db", pending=PENDING, running=RUNNING)
        began = time.monotonic()
        seeded.start()
        ready = time.monotonic() - began
        jobs = seeded.health()["jobs"]
    finally:
        seeded.close()
    say(f"queue: restarted in {ready:.2f} s: {jobs}")
    report.below(5, f"restart with {PENDING} pending, {RUNNING} running", ready, "s")
    lost = PENDING + RUNNING + 1 - sum(jobs.values())
    report.below(1, "  jobs lost by it", lost, "")


def _measure_drain(report: Report, folder: Path) -> None:
    seconds, results = asyncio.run(drain(_made(folder / "drain"), DRAINED))
    say(f"queue: {results} drained in {seconds:.1f} s")
    report.at_least(DRAINED, f"results of {DRAINED} jobs", results, "")
    report.below(DRAINED + 1, "  and no more than that", results, "")
    report.fact("  a second", DRAINED / seconds, "/s")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
