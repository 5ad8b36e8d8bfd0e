"""An hour, and half of it: whether time follows length, memory does not, and what we cost."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts import bench_ours
from scripts.bench_ours import Done
from scripts.bench_report import MiB, Report, say
from scripts.bench_settings import ENGINES, MODELS, SLOTS, keep_to_the_cores, speech_seconds
from scripts.bench_speech import Speech, speech
from scripts.bench_watch import growth
from tests.media import word_error_rate

USUAL = 3600.0  # seconds of speech
WARM = 15.0
#: How far from double the time for double the length may be.
APART = 0.10
#: By how much memory may grow, from the first third to the last, and from half to whole.
GROWN = 0.10
OVERHEAD = 3.0  # percent of the wall time


def measure(report: Report) -> None:
    keep_to_the_cores()
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        warm = speech(Path(folder, "warm.wav"), WARM).path
        whole = speech(Path(folder, "whole.wav"), speech_seconds(USUAL))
        half = speech(Path(folder, "half.wav"), whole.seconds / 2)
        for model in MODELS:
            for provider in ENGINES:
                pair = [_done(provider, model, warm, each) for each in (half, whole)]
                _tell(report, f"{model}, {provider}", whole, pair[0], pair[1])
    report.notes += [
        f"{whole}; a fresh service each that has done one job, {SLOTS} worker processes",
        "memory: RSS of the service and all its workers in sum, four times a second; pages that "
        "they share count more than once; growth: median of the last third beside the first",
        "wall time that no worker has for itself: what is left when the processor seconds of all "
        f"workers are spread over {SLOTS} cores, which is all that it may use: the service's own "
        "work, waiting, and a worker that has nothing left to do",
    ]


def overhead(done: Done) -> float:
    """Percent of the wall time; see the note."""
    return 100 * (1 - done.watch.children_cpu / SLOTS / done.watch.seconds)


def _done(provider: str, model: str, warm: Path, sound: Speech) -> Done:
    with bench_ours.warm_service(provider, model, warm) as server:
        done = bench_ours.job(server, sound.path)
    say(f"long {model}, {provider}: {sound.seconds:.0f} s in {done.watch.seconds:.1f} s")
    return done


def _tell(report: Report, who: str, sound: Speech, half: Done, whole: Done) -> None:
    seconds = whole.watch.seconds
    report.fact(f"{who}: wall time", seconds, "s")
    report.fact("  seconds of audio per second", sound.seconds / seconds, "x")
    report.fact("  word error rate", 100 * word_error_rate(sound.text, whole.text), "%")
    doubled = seconds / half.watch.seconds
    report.below(2 * (1 + APART), "  time beside that of half the length", doubled, "x")
    report.at_least(2 * (1 - APART), "  and no less", doubled, "x")
    report.fact("  most memory of all processes", whole.watch.peak / MiB, "MiB")
    grown = growth(whole.watch.samples)
    report.below(100 * GROWN, "  its growth from the first third to the last", 100 * grown, "%")
    beside = whole.watch.peak / half.watch.peak - 1
    report.below(100 * GROWN, "  its peak beside that of half the length", 100 * beside, "% more")
    report.below(OVERHEAD, "  wall time that no worker has for itself", overhead(whole), "%")
    report.fact("    processor time of the service", whole.watch.own_cpu, "s")
    engine = sum(sorted(whole.watch.by_child.values())[-SLOTS:])
    report.fact("    of the engine's workers", engine, "s")
    others = whole.watch.children_cpu - engine
    report.fact("    of others: speech detection, embedding, extraction", others, "s")
    for stage, spent in whole.job["timings"].items():
        report.fact(f"    stage {stage}", spent, "s")
    report.detail[who] = {"half": _detail(half), "whole": _detail(whole)}


def _detail(done: Done) -> dict[str, Any]:
    return {
        "seconds": done.watch.seconds,
        "timings": done.job["timings"],
        "cpu_s": {"service": done.watch.own_cpu, "workers": done.watch.children_cpu},
        "memory": [asdict(sample) for sample in done.watch.samples],
    }
