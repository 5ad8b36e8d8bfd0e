"""What jobs of real speech cost the service itself: its interpreter, and how often it writes."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

import psutil

from scripts.bench_report import say
from scripts.bench_server import Server, serving
from scripts.bench_speech import speech
from scripts.soak_samples import metrics

MODEL = "tiny.en"
LENGTHS = (15.0, 240.0, 15.0, 240.0)  # seconds
WINDOW = 16.0  # seconds, as `transcription.max_window` comes
SETTLED = 1.0  # seconds: what is done behind a job


@dataclass(frozen=True, kw_only=True)
class Cost:
    seconds: float  # of speech
    own: float  # seconds of the service's process
    writes: float


def on_speech(found: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        with serving(APP__TRANSCRIPTION__MODEL=MODEL) as server:
            server.await_ready()
            _cost(server, Path(folder), 15.0)  # it loads what it needs
            costs = [_cost(server, Path(folder), seconds) for seconds in LENGTHS]
    found["job"], _ = _line(costs, [each.own for each in costs])
    found["writes"], found["writes_window"] = _line(costs, [each.writes for each in costs])


def _cost(server: Server, folder: Path, seconds: float) -> Cost:
    body = speech(folder / "speech.wav", seconds).path.read_bytes()
    own, writes = _own(server), _writes(server)
    job = server.ask(f"/api/v1/ingest?filename={seconds:.0f}.wav", body)
    server.await_end(job["job_id"])
    time.sleep(SETTLED)
    cost = Cost(seconds=seconds, own=_own(server) - own, writes=_writes(server) - writes)
    say(f"scale: {seconds:.0f} s of speech: {cost.own:.2f} s of the service, {cost.writes} writes")
    return cost


def _line(costs: Sequence[Cost], values: Sequence[float]) -> tuple[float, float]:
    """Of a job, and of each window."""
    line = linear_regression([each.seconds / WINDOW for each in costs], values)
    return max(line.intercept, 1e-3), max(line.slope, 1e-3)


def _own(server: Server) -> float:
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


def _writes(server: Server) -> float:
    return metrics(server)['spool_database_seconds_count{kind="write"}']
