"""Search among very many rows: how fast they come in, what they take, how fast they are found."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from urllib.parse import urlencode

from scripts.bench_report import MiB, Report, percentile, say
from scripts.bench_rows import lines, texts_asked
from scripts.bench_server import JSON_LINES, Server, resident, serving

#: SPOOL_BENCH_ROWS=1000000 measures a million, which takes a quarter of an hour.
ROWS = int(os.environ.get("SPOOL_BENCH_ROWS") or 100_000)
CALL = 10_000  # rows in one call of the bulk-add
#: Rows in each of the calls that come while it is searched, and seconds between two of them: as
#: 400 hours of speech an hour make, ten times that, and as fast as it goes.
STEADY, MUCH, ALL = (100, 1.0), (1_000, 1.0), (1_000, 0.0)
SECONDS = float(os.environ.get("SPOOL_BENCH_SECONDS") or 30)
PROMPT = 100.0  # milliseconds, of 95 of 100 hybrid searches among 100,000 rows
AIMED = 100_000


def measure_many(report: Report) -> None:
    with serving() as server:
        server.await_ready()
        _fill(report, server)
        _build(report, server)
        _search(report, server)
    report.notes += [
        f"{ROWS} rows with vectors of 384 numbers about those of the benchmark's queries, and 22 "
        f"words of 30,000 that are spread as in languages; POST /bulk-add, {CALL} a "
        "call, one call after the other, each kept in the database before it is indexed",
        f"searched for {SECONDS:g} s by one client over one connection, hybrid, 20 hits, each with "
        "its query embedded anew; client, ingestion and service share the cores",
        f"beside it: a bulk-add of {STEADY[0]} or of {MUCH[0]} rows every second, or of {ALL[0]} "
        "without a pause",
    ]


def _fill(report: Report, server: Server) -> None:
    took = [_add(server, first, CALL) for first in range(0, ROWS, CALL)]
    say(f"search: {ROWS} rows are in")
    report.fact(f"{ROWS} rows by bulk-add", ROWS / sum(took), "rows/s")
    report.fact("  first and", took[0], "s a call")
    report.fact("  last call", took[-1], "s a call")
    report.detail["calls_s"] = took


def _add(server: Server, first: int, number: int) -> float:
    body = lines(first, number)
    began = time.monotonic()
    server.bulk_add(body, number)
    return time.monotonic() - began


def _build(report: Report, server: Server) -> None:
    began = time.monotonic()
    state = server.build_index()
    report.fact("the index is built in", time.monotonic() - began, "s")
    report.fact("  then the service holds", resident(server.process.pid) / MiB, "MiB")
    report.fact("the index on disk", state["bytes"] / state["rows"], "bytes a row")
    database = sum(file.stat().st_size for file in server.data.glob("spool.db*"))
    report.fact("the database beside it", database / state["rows"], "bytes a row")
    report.detail["index"] = state
    say(f"search: the index is built: {state}")


def _search(report: Report, server: Server) -> None:
    _tell(report, "at rest", *_asked(server), aimed=False)
    with adding(server.port, ROWS, *STEADY):
        _tell(report, f"beside {STEADY[0]} new rows a second", *_asked(server))
    with adding(server.port, 2 * ROWS, *MUCH):
        _tell(report, f"beside {MUCH[0]} new rows a second", *_asked(server), aimed=False)
    with adding(server.port, 3 * ROWS, *ALL) as added:
        _tell(report, "beside new rows without a pause", *_asked(server), aimed=False)
    report.fact("  rows that came meanwhile", sum(added) / SECONDS, "/s")


def _tell(report: Report, what: str, took: list[float], found: int, *, aimed: bool = True) -> None:
    """`found`: queries with hits by meaning and by word."""
    report.fact(f"hybrid search {what}: median", percentile(took, 50), "ms")
    if aimed and ROWS <= AIMED:
        report.below(PROMPT, "  95 of 100", percentile(took, 95), "ms")
    else:
        report.fact("  95 of 100", percentile(took, 95), "ms")
    report.fact("  99 of 100", percentile(took, 99), "ms")
    report.fact("  searches", len(took), "")
    report.detail[what] = {"searches": len(took), "both": found, "slowest_ms": max(took)}
    say(f"search: {what}: {len(took)} searches, {found} found by both")


def _asked(server: Server) -> tuple[list[float], int]:
    """Milliseconds of each search, from a process of its own; and how many found by both."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    asker = context.Process(target=ask, args=(server.port, SECONDS, theirs), daemon=True)
    asker.start()
    took, found = ours.recv()
    asker.join()
    return took, found


def ask(port: int, seconds: float, told: Connection) -> None:
    """Runs in a process of its own."""
    import json

    line = HTTPConnection("127.0.0.1", port, timeout=60)
    took: list[float] = []
    both = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        text = texts_asked()[len(took) % len(texts_asked())]
        began = time.monotonic()
        line.request("GET", f"/api/v1/search?{urlencode({'q': text})}")
        answer = line.getresponse()
        body = answer.read()
        took.append((time.monotonic() - began) * 1000)
        if answer.status != 200:
            raise OSError(f"search answered {answer.status}: {body.decode()}")
        reasons = {reason for hit in json.loads(body)["hits"] for reason in hit["why"]}
        both += {"keyword", "semantic"} <= reasons
    told.send((took, both))


@contextmanager
def adding(port: int, first: int, number: int, pause: float) -> Iterator[list[int]]:
    """A process adds rows all the while; how many is in the list when the block ends."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    adder = context.Process(target=add, args=(port, first, number, pause, theirs), daemon=True)
    adder.start()
    ours.recv()  # it has begun
    added: list[int] = []
    try:
        yield added
    finally:
        ours.send("enough")
        added.append(ours.recv())
        adder.join()


def add(port: int, first: int, number: int, pause: float, told: Connection) -> None:
    """Runs in a process of its own until it is told that it is enough."""
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    # made before, for the time that it takes is not the service's
    bodies = [lines(first + call * number, number) for call in range(BODIES)]
    told.send("begun")
    calls = 0
    while not told.poll(pause):
        line.request("POST", "/bulk-add", bodies[calls % BODIES], JSON_LINES)
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"/bulk-add answered {answer.status}: {body.decode()}")
        calls += 1
    told.send(calls * number)


#: Different ones; after those the first come again, and replace.
BODIES = 50
