"""The models of `scripts/bench scale`: more of what is scarce is never slower, and no station is
faster than it can be."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from scripts import bench_scale
from scripts import bench_scale_tables as tables
from scripts.bench_report import Report
from scripts.bench_scale_crowd import crowd
from scripts.bench_scale_drain import Drain, predicted
from scripts.bench_scale_finding import one_table, search, shards_for
from scripts.bench_scale_fleet import CLIP, HOUR, Fleet, Kind, bottleneck, limits
from scripts.bench_scale_long import read
from scripts.bench_scale_parts import Part, Parts, stretched
from scripts.bench_scale_plot import growth
from scripts.bench_scale_run import Model
from scripts.bench_scale_times import HERE, TABLE, Times

TIMES = Times()
WORKERS = (1, 4, 16, 64)
SIZES = (1e5, 1e6, 1e8, 1e10)
PART = Part(own=0.002, server=0.0, waits=0.001)
PARTS = Parts(add=PART, look=PART, claim=PART, succeed=PART, walk=PART, reserve=None)
SHARED = Part(own=0.002, server=0.001, waits=0.001)
PARTS_SHARED = Parts(
    add=SHARED, look=SHARED, claim=SHARED, succeed=SHARED, walk=SHARED, reserve=SHARED
)


def drain(jobs: int, *, instances: int = 1, stretch: float = 1.0) -> Drain:
    return Drain(jobs=jobs, instances=instances, seconds=0.0, stretch=stretch)


def rate(fleet: Fleet, kind: Kind = CLIP, jobs: int = 400) -> float:
    return Model(TIMES, fleet, kind).drained(jobs).rate


@pytest.mark.parametrize("kind", [CLIP, HOUR], ids=["clips", "hours"])
@pytest.mark.parametrize("shared", [False, True], ids=["SQLite", "PostgreSQL"])
def test_a_fleet_is_no_faster_than_its_slowest_station(kind: Kind, shared: bool) -> None:
    fleet = Fleet(workers=16, shared=shared)

    found = rate(fleet, kind, 400 if kind is CLIP else 30)
    name, most = bottleneck(TIMES, fleet, kind)
    assert 0.6 * most < found < 1.1 * most, name


def test_more_workers_are_never_slower() -> None:
    found = [rate(Fleet(workers=number)) for number in WORKERS]

    assert all(more >= 0.97 * less for less, more in pairwise(found))
    assert found[1] > 2 * found[0]


def test_more_instances_are_never_slower() -> None:
    found = [
        rate(Fleet(workers=64, instances=number, shared=True, batch=32, shards=4))
        for number in (1, 4, 16)
    ]
    assert all(more >= 0.97 * less for less, more in pairwise(found))


def test_many_workers_come_to_the_wall_of_the_index_and_shards_move_it() -> None:
    fleet = Fleet(workers=10_000, instances=1_000, shared=True)
    assert bottleneck(TIMES, fleet, CLIP)[0] == "index"

    batched = Fleet(workers=10_000, instances=1_000, shared=True, batch=1_000)
    assert bottleneck(TIMES, batched, CLIP)[1] > 10 * bottleneck(TIMES, fleet, CLIP)[1]
    sharded = limits(TIMES, Fleet(instances=10, shared=True, shards=7), CLIP)
    alone = limits(TIMES, Fleet(instances=10, shared=True), CLIP)
    assert {name for name in alone if sharded[name] > alone[name]} == {
        *("index", "database", "bucket")
    }


def test_who_comes_to_a_busy_fleet_waits_longer() -> None:
    """And by Little's law no longer than jobs are inside."""
    fleet = Fleet(workers=8, instances=2, shared=True, batch=32)
    most = bottleneck(TIMES, fleet, CLIP)[1]

    runs = [Model(TIMES, fleet, CLIP).fed(1_500, most * load) for load in (0.2, 0.5, 0.9)]
    assert all(later.median >= sooner.median for sooner, later in pairwise(runs))
    assert all(later.slowest > sooner.slowest for sooner, later in pairwise(runs))


def test_a_model_tells_the_same_at_every_call() -> None:
    assert rate(Fleet(workers=4)) == rate(Fleet(workers=4))


def test_a_search_of_a_measured_size_takes_what_was_measured() -> None:
    assert one_table(TIMES, 1e5) == pytest.approx(TIMES["search_100k"])
    assert search(TIMES, 1e6) == pytest.approx(TIMES["search_1m"])
    assert search(TIMES, 1e6, quantile=0.95) == pytest.approx(
        TIMES["search_1m"] * TIMES["search_spread"]
    )


def test_more_rows_are_slower_and_many_shards_are_as_slow_as_their_slowest() -> None:
    assert all(search(TIMES, less) < search(TIMES, more) for less, more in pairwise(SIZES))
    assert search(TIMES, 1e10, 100) < search(TIMES, 1e10, 10)
    assert search(TIMES, 1e3, 1_000) > search(TIMES, 1e3, 2)


def test_shards_are_enough_or_it_is_said_that_none_are() -> None:
    found = shards_for(TIMES, 1e8, 0.3)

    assert found is not None and search(TIMES, 1e8, found, 0.95) <= 0.3
    assert search(TIMES, 1e8, found // 2, 0.95) > 0.3
    assert shards_for(TIMES, 1e8, 0.001) is None


def test_a_drain_takes_what_its_one_interpreter_works() -> None:
    """Five calls a job; all waits are beside it."""
    jobs = 500
    assert predicted(PARTS, drain(jobs)) == pytest.approx(jobs * 5 * PART.own, rel=0.1)


def test_a_machine_that_others_use_as_well_is_slower_by_as_much() -> None:
    quiet, busy = predicted(PARTS, drain(300)), predicted(PARTS, drain(300, stretch=3.0))

    assert busy == pytest.approx(3 * quiet, rel=0.1)


def test_two_instances_are_twice_as_fast_at_most() -> None:
    alone, two = (predicted(PARTS_SHARED, drain(300, instances=each)) for each in (1, 2))

    assert alone / 2 <= two < 0.6 * alone


def test_seconds_that_others_had_the_cores_are_told_apart() -> None:
    assert stretched((2.0, 1.0)) == 1.5
    assert stretched((0.0, 0.0)) == 1.0


def test_every_time_says_where_it_is_from() -> None:
    assert all(row.source and row.value > 0 for row in TABLE.values())
    found = Times({"commit": 0.5})
    assert (found["commit"], found.rows["commit"].source) == (0.5, HERE)
    assert found["receiver"] == TABLE["receiver"].value


def test_an_hour_that_was_heard_here_goes_before_the_table() -> None:
    spent = {
        "processor time of the service": 3.6,
        "of the engine's workers": 36.0,
        "of others: speech detection, embedding, extraction": 7.2,
    }
    rows = [{"what": "tiny.en, faster_whisper: wall time", "value": 40.0}]
    rows += [{"what": f"  {what}", "value": value} for what, value in spent.items()]
    rows += [{"what": "    of the engine's workers", "value": 99.0}]  # of the next model
    told = read({"rows": rows, "notes": ["3600 s of English with pauses"]})

    assert told == pytest.approx({"window_own": 0.016, "window_heard": 0.16, "window_cores": 0.032})
    assert read({"rows": rows, "notes": ["120 s of English with pauses"]}) == {}
    assert told.keys() <= TABLE.keys()


def test_idle_instances_cost_the_database_in_step_with_their_number() -> None:
    few, many = crowd(TIMES, 10), crowd(TIMES, 1_000)

    assert many.lines == 100 * few.lines
    assert many.idle == pytest.approx(100 * few.idle)
    assert (few.woken, many.woken) == (11, 1_001)  # one each, and one more where it was found
    assert many.most * many.woken == pytest.approx(few.most * few.woken)


def test_tables_and_a_picture_come_of_the_table_of_times_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WORKERS", (1, 10)), ("LOADS", (0.3, 0.9))):
        monkeypatch.setattr(tables, name, value)
    monkeypatch.setattr(bench_scale, "FAST", True)
    monkeypatch.setattr(bench_scale, "FEW", 200)
    report = Report("scale")
    bench_scale.measure(report)
    growth(report.detail, tmp_path / "scale.png")

    assert (tmp_path / "scale.png").stat().st_size > 10_000
    assert not report.rows, "nothing was measured"
    assert all(len({len(line) for line in table}) == 1 for table in report.tables)
    assert json.loads(json.dumps(report.detail))["clips"].keys() == tables.FLEETS.keys()
