"""How far it goes: models of workers, jobs, rows and instances, up to internet scale.

With `--fast` (or SPOOL_BENCH_FAST) all service times are from the table, and nothing is measured.
"""

import os

from scripts import bench_scale_tables as tables
from scripts.bench_report import Report
from scripts.bench_scale_fleet import CLIP, HOUR
from scripts.bench_scale_long import of_long
from scripts.bench_scale_measured import Held, on_postgres, on_sqlite
from scripts.bench_scale_times import Times

FAST = bool(os.environ.get("SPOOL_BENCH_FAST"))
APART = 20.0  # percent, of the model from a drain
SIMULATED, FEW = 12_000, 3_000  # windows, at least


def measure(report: Report) -> None:
    times, windows = Times({} if FAST else _measured(report)), FEW if FAST else SIMULATED
    tables.sources(report, times)
    report.detail |= {
        "workers": tables.WORKERS,
        "clips": tables.fleets(report, times, CLIP, windows),
        "hours": tables.fleets(report, times, HOUR, windows),
        "loads": tables.LOADS,
        "waits": tables.waits(report, times, windows),
        "rows": tables.ROWS,
        "search": tables.rows(report, times),
    }
    tables.jobs(report, times)
    tables.instances(report, times)
    report.notes += [
        "a clip is 15 s of speech, an hour has 225 windows; tiny.en, which keeps a service busiest",
        "at most: what the station that is named can do, each part of a job once. Simulated: all "
        f"stations at once, {windows} windows or more, on a clock of its own. Backlogs are told by "
        "the former",
        "instances are on machines of their own and share the workers; nothing is told of networks",
    ]


def _measured(report: Report) -> dict[str, float]:
    from scripts.bench_scale_index import of_index
    from scripts.bench_scale_speech import on_speech

    found = of_long()
    for held in (on_sqlite(found), *on_postgres(found)):
        _tell(report, held)
    on_speech(found)
    for rows, seconds in of_index(found).items():
        report.fact(f"hybrid search in this process, {rows} moments", seconds * 1000, "ms")
    return found


def _tell(report: Report, held: Held) -> None:
    drain = held.drain
    what = f"{held.what}: {drain.jobs} jobs that do nothing"
    report.fact(what, drain.jobs / drain.seconds, "/s")
    report.fact("  the model says", drain.jobs / held.seconds, "/s")
    report.fact("  predicted beside measured", held.ratio, "x")
    report.below(APART, "  apart", 100 * abs(held.ratio - 1.0), "%")
    report.fact("  a second of a processor took", drain.stretch, "s")
