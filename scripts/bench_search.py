"""Search: how well the right media are found, and how fast among very many."""

from scripts.bench_found import measure_found
from scripts.bench_many import measure_many
from scripts.bench_report import Report


def measure(report: Report) -> None:
    measure_found(report)
    measure_many(report)
