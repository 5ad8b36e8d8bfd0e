"""Two workers of a cluster beside two processes of the service itself, by turns on one speech."""

import tempfile
from pathlib import Path
from statistics import median

from scripts import bench_ours
from scripts.bench_report import Report, say
from scripts.bench_server import Server, models_folder
from scripts.bench_settings import MODELS, ROUNDS, SLOTS, keep_to_the_cores, speech_seconds
from scripts.bench_speech import Speech, speech
from tests import cluster
from tests.media import word_error_rate

USUAL, WARM = 600.0, 15.0  # seconds of speech
PROVIDER = "faster_whisper"
#: Of the speed of processes that map the sound where it lies.
LEAST = 0.9


def measure(report: Report) -> None:
    keep_to_the_cores()
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        warm = speech(Path(folder, "warm.wav"), WARM).path
        whole = speech(Path(folder, "whole.wav"), speech_seconds(USUAL))
        with cluster.running(Path(folder), models_folder(), workers=SLOTS) as started:
            there = {
                "APP__WORKERS__BACKEND": "dask",
                "APP__WORKERS__DASK_ADDRESS": started.address,
            }
            with (
                bench_ours.warm_service(PROVIDER, MODELS[0], warm) as here,
                bench_ours.warm_service(PROVIDER, MODELS[0], warm, **there) as served,
            ):
                _tell(report, whole, _turns({"processes": here, "dask": served}, whole))
    report.notes.append(
        f"{MODELS[0]}, {whole}; {SLOTS} workers either way, all on the same {SLOTS} cores of one "
        f"machine; whole jobs over HTTP, medians of {ROUNDS} turns"
    )


def _turns(services: dict[str, Server], sound: Speech) -> dict[str, list[float]]:
    """Seconds of each job."""
    took: dict[str, list[float]] = {name: [] for name in services}
    for _ in range(ROUNDS):
        for name, server in services.items():
            done = bench_ours.job(server, sound.path)
            took[name].append(done.watch.seconds)
            errors = 100 * word_error_rate(sound.text, done.text)
            say(f"cluster {name}: {done.watch.seconds:.1f} s, {errors:.1f} % of words wrong")
    return took


def _tell(report: Report, sound: Speech, took: dict[str, list[float]]) -> None:
    speeds = {name: sound.seconds / median(seconds) for name, seconds in took.items()}
    for name, speed in speeds.items():
        report.fact(f"{name}: seconds of audio per second", speed, "x")
    ratio = speeds["dask"] / speeds["processes"]
    report.at_least(LEAST, "the cluster beside processes", ratio, "x")
    report.detail["seconds"] = took
