"""What scripts/soak does once all is installed."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from scripts.bench_plot import draw
from scripts.bench_report import MiB, Report, say
from scripts.bench_rows import lines
from scripts.bench_server import Server, serving
from scripts.soak_samples import Sample, sample, slope
from scripts.soak_work import Work

#: The part at the beginning that does not count.
WARM = 1 / 6
#: In an hour.
MOST_MEMORY = 1.0  # MiB
MOST_DESCRIPTORS = 2.0
#: Times what the index is as soon as it is built anew.
MOST_INDEX = 3.0
TOLD_EVERY = 300.0  # seconds
#: Moments that are in the index before: a few are lost in what a table itself takes.
ROWS = 10_000
AT_ONCE = 10_000


def main() -> int:
    asked = _arguments()
    report = Report("soak")
    with serving(APP__TRANSCRIPTION__MODEL="tiny.en") as server:
        server.await_ready()
        for first in range(0, asked.rows, AT_ONCE):
            number = min(AT_ONCE, asked.rows - first)
            server.bulk_add(lines(first, number), number)
        with Work(server) as work:
            samples = _followed(server, asked.minutes * 60, asked.every)
        needed = float(server.build_index()["bytes"])
    told_of(report, samples, needed, work.trouble)
    holds = report.publish()
    print(f"soak: {draw('soak')}")
    return 0 if holds else 1


def _followed(server: Server, seconds: float, every: float) -> list[Sample]:
    began, samples, told = time.monotonic(), list[Sample](), 0.0
    while (now := time.monotonic() - began) < seconds:
        samples.append(latest := sample(server, began))
        if now - told >= TOLD_EVERY:
            told = now
            say(
                f"soak: {now / 60:.0f} min, {latest.completed:.0f} jobs, "
                f"{latest.memory / MiB:.0f} MiB, {latest.descriptors:.0f} descriptors"
            )
        time.sleep(every)
    return samples


def counted(samples: Sequence[Sample]) -> list[Sample]:
    """Those after the service has warmed up."""
    ends = samples[-1].at if samples else 0.0
    return [each for each in samples if each.at >= ends * WARM]


def told_of(
    report: Report, samples: Sequence[Sample], rebuilt: float, trouble: Sequence[str]
) -> None:
    warm = counted(samples)
    report.fact("time", samples[-1].at / 60, "min")
    report.fact("jobs completed", samples[-1].completed, "")
    report.below(
        1, "requests that failed, and jobs that did not end as they should", len(trouble), ""
    )
    memory = slope(warm, lambda each: each.memory) / MiB
    report.below(MOST_MEMORY, "memory of the service, by least squares", memory, "MiB an hour")
    report.fact("  most of it", _most(samples, lambda each: each.memory) / MiB, "MiB")
    workers = slope(warm, lambda each: each.workers) / MiB
    report.fact("  of its workers", workers, "MiB an hour")
    descriptors = slope(warm, lambda each: each.descriptors)
    report.below(MOST_DESCRIPTORS, "descriptors", descriptors, "an hour")
    report.fact("  most of them", _most(samples, lambda each: each.descriptors), "")
    index = _most(warm, lambda each: each.index) / max(rebuilt, 1.0)
    report.below(MOST_INDEX, "index at its largest, beside one built anew", index, "x")
    report.fact("data folder at the end", samples[-1].data / MiB, "MiB")
    report.notes.append(
        f"the first {samples[-1].at * WARM / 60:.1f} min do not count; {len(warm)} samples do"
    )
    report.detail["samples"] = [asdict(each) for each in samples]
    report.detail["warm_after"] = samples[-1].at * WARM


def _most(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    return max(map(value, samples), default=0.0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two samples")
    parser.add_argument("--rows", type=int, default=ROWS, help="moments in the index before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
