"""What scripts/bench does once all is installed: one measure by name, or all of them."""

import importlib
import sys

from scripts.bench_report import Report

#: Each is a file `bench_NAME.py` with a function `measure`.
MEASURES = ("extract", "upload", "asr", "start", "health", "jobs", "http", "search")


def main() -> int:
    wanted = sys.argv[1:] or ["all"]
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
    return report.publish()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
