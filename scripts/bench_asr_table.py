"""What the speech measure tells: a table of all, and what was promised beside whom."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from scripts.bench_peers import Run
from scripts.bench_report import MiB, Report
from scripts.bench_speech import Speech
from tests.media import word_error_rate

#: Which of ours beside which peers (the fastest of them counts), and how many times as fast.
PROMISES = (
    ("Spool, faster_whisper", "faster-whisper batched", 1.5),
    ("Spool, whisper_cpp", "pywhispercpp", 2.5),
)
WORSE = 0.5  # points of word error rate that we may be worse by
HEADS = ("model", "who", "speed", "real-time factor", "wall", "processor", "memory", "WER")

Runs = Mapping[str, list[Run]]


def tell(report: Report, model: str, heard: Mapping[str, Speech], runs: Runs) -> None:
    figures = {name: figures_of(heard[name], runs[name]) for name in runs}
    report.table(HEADS, [_cells(model, name, found) for name, found in figures.items()])
    for ours, peers, times in PROMISES:
        rivals = [name for name in runs if name.startswith(peers)]
        best = min(rivals, key=lambda name: figures[name]["seconds"])
        what = f"{model}: {ours} beside {best}"
        report.at_least(times, what, median(ratios(runs, ours, rivals)), "x")
        worse = figures[ours]["wer"] - min(figures[name]["wer"] for name in rivals)
        report.below(
            WORSE,
            "  points of word error rate that it is worse by than the best of them",
            worse,
            "",
        )
    told = report.detail.setdefault("models", {})
    told[model] = {
        name: found | {"texts": sorted({run.text for run in runs[name]})}
        for name, found in figures.items()
    }
    report.detail |= {"texts": sorted({one.text for one in heard.values()}, key=len)}


def ratios(runs: Runs, ours: str, rivals: list[str]) -> list[float]:
    """Of each turn: the seconds of the fastest rival by ours."""
    return [
        min(runs[name][number].seconds for name in rivals) / run.seconds
        for number, run in enumerate(runs[ours])
    ]


def figures_of(heard: Speech, runs: list[Run]) -> dict[str, Any]:
    """Medians, but for the word error rate: the worst."""
    seconds = median(run.seconds for run in runs)
    return {
        "audio": heard.seconds,
        "turns": [run.seconds for run in runs],
        "seconds": seconds,
        "speed": heard.seconds / seconds,
        "cpu_seconds": median(run.cpu_seconds for run in runs),
        "memory": median(run.memory for run in runs),
        "wer": 100 * max(word_error_rate(heard.text, run.text) for run in runs),
    }


def _cells(model: str, name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        model,
        name,
        f"{found['speed']:.1f}x",
        f"{1 / found['speed']:.4f}",
        f"{found['seconds']:.1f} s of {found['audio']:.0f}",
        f"{found['cpu_seconds']:.1f} s",
        f"{found['memory'] / MiB:.0f} MiB",
        f"{found['wer']:.2f} %",
    )
