"""What the page on capacity tells is what the models say of the table of times."""

import re
from collections.abc import Iterator

import pytest

from scripts.bench_scale_crowd import crowd
from scripts.bench_scale_finding import search, shards_for
from scripts.bench_scale_fleet import CLIP, HOUR, Fleet, Kind, bottleneck
from scripts.bench_scale_tables import FLEETS, PROMPT, SHARDS, WORKERS
from scripts.bench_scale_times import Times
from tests.media import ROOT

PAGE = (ROOT / "app" / "docs" / "capacity.md").read_text(encoding="utf-8")
TIMES = Times()
#: As they are rounded there.
NEAR = 0.06
SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "days": 86_400.0}
BYTES = {"MB": 1e6, "GB": 1e9, "TB": 1e12}
#: What is full, in brackets.
WALL = re.compile(r"\((\w+)\)")


def rows(head: str) -> Iterator[list[str]]:
    """Cells of the table that begins so."""
    [table] = re.findall(rf"^\| {re.escape(head)}.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    for line in table.splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


def number(cell: str) -> float:
    """The first one in it."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", cell)
    assert found is not None, cell
    return float(found[0].replace(",", "")) * (1e6 if "million" in cell else 1.0)


def seconds(cell: str) -> float:
    """Milliseconds where no unit is told."""
    return number(cell) * SECONDS.get(cell.split()[-1], 1e-3)


def fleet(name: str, workers: int) -> Fleet:
    """Its name is longer in the first row of its kind."""
    full = name.replace("1,000 instances, ", "1,000, ")
    return Fleet(workers=workers, **FLEETS[full])


def drained() -> Iterator[tuple[Kind, Fleet, str]]:
    """The cells of the table of what fleets drain."""
    kind = CLIP
    for what, name, _, *cells in rows("jobs | fleet"):
        kind = HOUR if what.startswith("hours") else kind
        for workers, cell in zip(WORKERS[1:], cells, strict=True):
            yield kind, fleet(name, workers), cell


def test_what_fleets_drain_is_what_their_fullest_station_does() -> None:
    for kind, of, cell in drained():
        told = number(cell) / (3600.0 if kind is HOUR else 1.0)
        assert told == pytest.approx(bottleneck(TIMES, of, kind)[1], rel=NEAR), (kind, of)


def test_only_fleets_that_can_be_had_today_are_said_to_be_built() -> None:
    told = {name: built for _, name, built, *_ in rows("jobs | fleet")}
    for name, built in told.items():
        of = fleet(name, 1)
        assert (built == "not built") == (of.batch > 1 or of.shards > 1), name
        assert (built == "yes") == (of.batch == of.shards == 1 and of.instances <= 100), name


def test_what_fills_first_is_what_the_model_names() -> None:
    told = [(of, kind, found[1]) for kind, of, cell in drained() if (found := WALL.search(cell))]
    assert {kind for _, kind, _ in told} == {CLIP, HOUR}
    for of, kind, wall in told:
        assert bottleneck(TIMES, of, kind)[0].startswith(wall), (kind, of)


def test_searches_among_many_rows_take_what_the_model_says() -> None:
    for moments, _, *cells in rows("moments | hours of speech"):
        size = number(moments)
        for shards, cell in zip(SHARDS, cells, strict=False):
            assert seconds(cell) == pytest.approx(search(TIMES, size, shards), rel=NEAR), cell
        tables, builds, disk = cells[len(SHARDS) :]
        assert number(tables) == shards_for(TIMES, size, PROMPT)
        assert seconds(builds) == pytest.approx(size / 1e6 * TIMES["build"], rel=0.15)
        told = number(disk) * BYTES[disk.split()[-1]]
        assert told == pytest.approx(size * TIMES["moment"], rel=NEAR)


def test_idle_instances_cost_what_the_model_says() -> None:
    for instances, lines, beats, _, woken, most in rows("instances | connections"):
        of = crowd(TIMES, int(number(instances)))
        assert (of.lines, of.woken) == (number(lines), number(woken))
        assert number(beats) == pytest.approx(of.beats)
        assert number(most) == pytest.approx(of.most, rel=NEAR)


def test_a_backlog_lasts_as_long_as_the_fleet_takes() -> None:
    fleets = (("1 instance, SQLite", 2), ("1,000 instances", 10_000))
    for clips, *cells, size in rows("clips | 2 workers"):
        for (name, workers), cell in zip(fleets, cells, strict=False):
            took = number(clips) / bottleneck(TIMES, fleet(name, workers), CLIP)[1]
            assert seconds(cell) == pytest.approx(took, rel=NEAR), (clips, name)
        told = number(size) * BYTES[size.split()[-1]]
        assert told == pytest.approx(number(clips) * TIMES["row"], rel=NEAR)
