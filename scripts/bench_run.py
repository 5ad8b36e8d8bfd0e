"""What scripts/bench does once all is installed: one measure by name, or all of them."""

import sys

from scripts import bench_asr, bench_extract, bench_health, bench_start, bench_upload
from scripts.bench_report import Report

MEASURES = {
    "extract": bench_extract.measure,
    "upload": bench_upload.measure,
    "asr": bench_asr.measure,
    "start": bench_start.measure,
    "health": bench_health.measure,
}


def main() -> int:
    wanted = sys.argv[1:] or ["all"]
    names = list(MEASURES) if wanted == ["all"] else wanted
    if unknown := [name for name in names if name not in MEASURES]:
        print(f"bench: no measure {', '.join(unknown)}; known: {', '.join(MEASURES)}, all")
        return 2
    return 0 if all([run(name) for name in names]) else 1


def run(name: str) -> bool:
    """Whether all targets of the measure hold."""
    report = Report(name)
    MEASURES[name](report)
    return report.publish()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
