"""From nothing to the first answer of /health."""

import os
import subprocess
import sys
from collections import defaultdict
from statistics import median

from scripts.bench_report import ROOT, Report, say
from scripts.bench_server import serving

ROUNDS = 5
TARGET = 3.0  # seconds
#: What `python -m app serve` imports before it serves.
IMPORTED = "import app.cli.main, app.server"
SHOWN = 12  # packages


def measure(report: Report) -> None:
    answers, readies = [], []
    for number in range(ROUNDS):
        with serving() as server:
            answers.append(server.await_health())
            readies.append(server.await_ready())
        say(f"start {number + 1}: answers after {answers[-1]:.2f} s, ready {readies[-1]:.1f} s")
    report.below(TARGET, "first answer of /health, median", median(answers), "s")
    report.below(TARGET, "first answer of /health, slowest", max(answers), "s")
    report.fact("all models loaded, median", median(readies), "s")
    _tell_imports(report)
    report.detail |= {"answers_s": answers, "ready_s": readies}
    report.notes.append("every round has a new data folder: the database is made and migrated")


def _tell_imports(report: Report) -> None:
    costs = import_costs()
    report.fact("imports, all together (traced, so slower than real)", sum(costs.values()), "s")
    for package in sorted(costs, key=lambda name: -costs[name])[:SHOWN]:
        report.fact(f"  import of {package}", costs[package], "s")
    report.detail["imports_s"] = costs


def import_costs() -> dict[str, float]:
    """Seconds by package, each without what it imports of others."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", IMPORTED],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    costs: dict[str, float] = defaultdict(float)
    for line in done.stderr.splitlines():
        own, *_, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():  # else it is the heading
            costs[name.strip().split(".")[0]] += int(own) / 1e6
    return dict(costs)
