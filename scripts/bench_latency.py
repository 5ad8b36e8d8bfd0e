"""A short clip that somebody waits for: on an idle service, and behind an hour under way."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import soundfile

from scripts import bench_ours
from scripts.bench_report import Report, say
from scripts.bench_server import Server
from scripts.bench_settings import ENGINES, MODELS, SLOTS, keep_to_the_cores, speech_seconds
from scripts.bench_speech import Speech, speech
from tests.media import OWN

USUAL = 3600.0  # seconds of speech
CLIP = 3.0  # seconds
TIMES = 10
TARGET = 6.0  # seconds
#: Of the long one, before the first clip is sent; between two clips, seconds.
UNDER_WAY, BETWEEN = 0.01, 1.0
WARM = 15.0  # seconds of speech


def measure(report: Report) -> None:
    keep_to_the_cores()
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        clip = _clip(Path(folder, "clip.wav"))
        warm = speech(Path(folder, "warm.wav"), WARM).path
        long = speech(Path(folder, "long.wav"), speech_seconds(USUAL))
        for model in MODELS:
            for provider in ENGINES:
                with bench_ours.warm_service(provider, model, warm) as server:
                    idle = [_seconds(server, clip) for _ in range(TIMES)]
                    behind = _behind(server, clip, long)
                _tell(report, f"{model}, {provider}", idle, behind)
    report.notes += [
        f"{CLIP:g} s of speech with priority=interactive, {SLOTS} worker processes: from the first "
        f"byte sent to Completed told, by one client, {TIMES} times at most",
        f"behind: while one job of normal priority is transcribed, no longer: {long}",
    ]


def _behind(server: Server, clip: Path, long: Speech) -> list[float]:
    """While the long one is transcribed; it is stopped when there were enough."""
    took: list[float] = []
    with under_way(server, long) as job_id:
        while len(took) < TIMES:
            seconds = _seconds(server, clip)
            if server.ask(f"/api/v1/jobs/{job_id}")["status"] != "Transcribing":
                break  # that one may have had the workers for itself
            took.append(seconds)
            time.sleep(BETWEEN)
    if not took:
        raise OSError("the long one was done before a clip was: SPOOL_BENCH_SPEECH is too short")
    return took


@contextmanager
def under_way(server: Server, long: Speech) -> Iterator[str]:
    job_id = bench_ours.submit(server, long.path)
    job = server.ask(f"/api/v1/jobs/{job_id}")
    while job["finished_at"] is None and (
        job["status"] != "Transcribing" or job["progress"] < UNDER_WAY
    ):
        time.sleep(0.05)
        job = server.ask(f"/api/v1/jobs/{job_id}")
    try:
        yield job_id
    finally:
        with suppress(OSError):  # it has ended: that is no reason to lose what was measured
            server.ask(f"/api/v1/jobs/{job_id}/cancel", b" ")


def _seconds(server: Server, clip: Path) -> float:
    began = time.monotonic()
    job_id = bench_ours.submit(server, clip, priority="interactive")
    bench_ours.check(server.await_end(job_id))
    return time.monotonic() - began


def _clip(path: Path) -> Path:
    sound, rate = soundfile.read(OWN / "jfk.flac")
    soundfile.write(path, sound[: round(CLIP * rate)], rate)
    return path


def _tell(report: Report, who: str, idle: list[float], behind: list[float]) -> None:
    say(f"latency {who}: idle {median(idle):.2f} s, behind {median(behind):.2f} s")
    report.fact(f"{who}: a {CLIP:g} s clip on an idle service, median", median(idle), "s")
    report.fact(f"  behind the long one, median of {len(behind)}", median(behind), "s")
    report.below(TARGET, "  slowest", max(behind), "s")
    report.detail[who] = {"idle_s": idle, "behind_s": behind}
