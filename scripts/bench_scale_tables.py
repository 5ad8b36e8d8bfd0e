"""What the models say of fleets, waits, jobs, rows and instances, as tables and for the picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.bench_report import Report, say
from scripts.bench_scale_crowd import crowd
from scripts.bench_scale_finding import search, shards_for
from scripts.bench_scale_fleet import CLIP, Fleet, Kind, bottleneck
from scripts.bench_scale_run import Model
from scripts.bench_scale_times import Times

WORKERS = (1, 10, 100, 1_000, 10_000)
JOBS = tuple(10**power for power in range(3, 9))
ROWS = tuple(10.0**power for power in range(5, 11))
INSTANCES = (1, 10, 100, 1_000)
SHARDS = (1, 16, 256, 4_096)
LOADS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
PROMPT = 0.5  # seconds for 95 of 100 searches
GROUPED = 100  # media in one commit of the index
SHARDED = 16
ONE, TEN, MANY = "1 instance, SQLite", "10 instances", "1,000 instances"
BATCHED = f"1,000, {GROUPED} media an index commit"
WIDE = f"1,000, the same on {SHARDED} shards"
#: By name, without their workers, which the instances share.
FLEETS: Mapping[str, Mapping[str, Any]] = {
    ONE: {},
    TEN: {"instances": 10, "shared": True},
    MANY: {"instances": 1_000, "shared": True},
    BATCHED: {"instances": 1_000, "shared": True, "batch": GROUPED},
    WIDE: {"instances": 1_000, "shared": True, "batch": GROUPED, "shards": SHARDED},
}
#: Fleets in which somebody waits for a clip.
WAITED = {
    ONE: Fleet(workers=2),
    TEN: Fleet(workers=20, instances=10, shared=True),
    f"10, {GROUPED} media an index commit": Fleet(
        workers=100, instances=10, shared=True, batch=GROUPED
    ),
}
MINUTE, DAY = 60.0, 86_400.0  # seconds


def fleets(report: Report, times: Times, kind: Kind, windows: int) -> dict[str, Any]:
    """Jobs a second by the law of the bottleneck, and simulated; by fleet, for each of WORKERS."""
    found, heads = {}, ("jobs", "fleet", *(f"{number:,} workers" for number in WORKERS))
    for name, made in FLEETS.items():
        walls = [bottleneck(times, Fleet(workers=each, **made), kind) for each in WORKERS]
        runs = [_run(times, Fleet(workers=each, **made), kind, windows) for each in WORKERS]
        cells = [f"{_rate(rate)} {wall}" for wall, rate in walls]
        report.table(heads, [(kind.name, name, *cells)])
        cells = [_rate(each) if each else "" for each in runs]
        report.table(heads, [("", "  simulated", *cells)])
        found[name] = {"most": [rate for _, rate in walls], "simulated": runs}
        say(f"scale: {kind.name}: {name}")
    return found


def _run(times: Times, fleet: Fleet, kind: Kind, windows: int) -> float | None:
    """None where it would need too many jobs until it is full, or an instance has no worker."""
    inside = fleet.places * fleet.instances
    jobs = (
        max(windows, 2 * inside)
        if kind is CLIP
        else max(windows, 6 * fleet.workers) // kind.windows
    )
    if fleet.workers < fleet.instances or jobs < 4 * fleet.instances:
        return None
    return Model(times, fleet, kind).drained(max(jobs, 20)).rate


def waits(report: Report, times: Times, jobs: int) -> dict[str, Any]:
    """Seconds until a clip is done and can be found, by how busy its fleet is: the part that comes
    of what it drains."""
    found = {}
    for name, fleet in WAITED.items():
        most = Model(times, fleet, CLIP).drained(jobs).rate
        runs = [Model(times, fleet, CLIP).fed(3 * jobs, most * load) for load in LOADS]
        found[name] = {
            "median": [run.median for run in runs],
            "slowest": [run.slowest for run in runs],
        }
        report.table(
            ("wait of a clip", "workers", *(f"{load:.0%} busy" for load in LOADS)),
            [(name, f"{fleet.workers}", *(f"{r.median:.1f}, {r.slowest:.1f} s" for r in runs))],
        )
        say(f"scale: waits, {name}")
    return found


def jobs(report: Report, times: Times) -> None:
    """A backlog: until it is seen through, and what it takes on disk."""
    sizes = ((ONE, 2), (TEN, 100), (MANY, 10_000), (WIDE, 10_000))
    rates = [bottleneck(times, Fleet(workers=n, **FLEETS[name]), CLIP)[1] for name, n in sizes]
    heads = ("clips", *(f"{name}, {workers:,} workers" for name, workers in sizes), "rows of them")
    report.table(
        heads,
        [
            (
                f"{number:,}",
                *(_time(number / rate) for rate in rates),
                f"{number * times['row'] / 1e9:.3g} GB",
            )
            for number in JOBS
        ],
    )


def rows(report: Report, times: Times) -> dict[str, list[float]]:
    """Medians in seconds by shards, for each of ROWS."""
    heads = ("moments", "hours of speech", "in 1 table", *(f"in {each:,}" for each in SHARDS[1:]))
    more = (f"tables for {PROMPT * 1000:.0f} ms", "one builds", "on disk")
    for number in ROWS:
        cells = [f"{search(times, number, each) * 1000:,.0f} ms" for each in SHARDS]
        enough = shards_for(times, number, PROMPT)
        built = _time(number / 1e6 * times["build"])
        size = f"{number * times['moment'] / 1e12:.3g} TB"
        told = (f"{enough:,}" if enough else "none", built, size)
        report.table((*heads, *more), [(f"{number:,.0f}", f"{number / 900:,.0f}", *cells, *told)])
    return {f"{each}": [search(times, number, each) for number in ROWS] for each in SHARDS}


def instances(report: Report, times: Times) -> None:
    heads = ("idle instances", "connections", "beats", "database idle", "woken", "jobs at most")
    for number in INSTANCES:
        of = crowd(times, number)
        told = (f"{of.lines:,}", f"{of.beats:.3g} /s", f"{of.idle:.2%}")
        report.table(heads, [(f"{number:,}", *told, f"{of.woken:,}", f"{_rate(of.most)}")])


def sources(report: Report, times: Times) -> None:
    heads = ("service time", "value", "from")
    lines: Sequence[tuple[str, ...]] = [
        (row.what, f"{row.value:.3g} {row.unit}", row.source) for row in times.rows.values()
    ]
    report.table(heads, lines)


def _rate(number: float) -> str:
    return f"{number:.3g}/s" if number < 1_000 else f"{number:,.0f}/s"


def _time(seconds: float) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * DAY:
        return f"{seconds / 3600:.3g} h"
    return f"{seconds / DAY:,.3g} days"
