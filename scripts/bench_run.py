"""What scripts/bench does once all is installed: one measure by name, or all of them."""

import importlib
import os
import sys

from scripts import bench_plot
from scripts.bench_report import Report

#: Each is a file `bench_NAME.py` with a function `measure`.
MEASURES = (
    *("extract", "upload", "start", "health", "queue", "http", "search"),
    *("page", "instances"),
    *("cluster", "latency", "asr", "long"),  # these take longest
    "scale",  # reads what long has found
)
#: Of scale: measure nothing.
FAST = "--fast"


def main() -> int:
    words = sys.argv[1:]
    if FAST in words:
        os.environ["SPOOL_BENCH_FAST"] = "1"
    wanted = [word for word in words if word != FAST] or ["all"]
    names = [*MEASURES] if wanted == ["all"] else wanted
    if unknown := [name for name in names if name not in MEASURES]:
        print(f"bench: no measure {', '.join(unknown)}; known: {', '.join(MEASURES)}, all")
        return 2
    return 0 if all([run(name) for name in names]) else 1


def run(name: str) -> bool:
    """Whether all targets of the measure hold."""
    report = Report(name)
    # imported late: fresh processes import this file too, and their memory is measured
    importlib.import_module(f"scripts.bench_{name}").measure(report)
    holds = report.publish()
    _draw(name)
    return holds


def _draw(name: str) -> None:
    """The figures are written already, and other measures wait."""
    try:
        picture = bench_plot.draw(name)
    except ImportError as error:
        print(f"  not drawn: {error}; once it is there: python -m scripts.bench_plot {name}")
        return
    if picture:
        print(f"  drawn: {picture}")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
