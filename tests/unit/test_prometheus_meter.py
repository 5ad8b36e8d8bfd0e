"""Counting, and the page that Prometheus reads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from loguru import logger
from prometheus_client.parser import text_string_to_metric_families

from app.adapters import prometheus_meter
from app.adapters.prometheus_meter import PrometheusMeter
from app.domain.metrics import CATALOGUE, Kind, Metric, Reading

DONE = Metric(
    name="x_done_total", kind=Kind.COUNTER, help="Done.", labels={"how": ("well", "badly")}
)
ASKED = Metric(name="x_asked_total", kind=Kind.COUNTER, help="Asked.", labels={"who": ()})
TOOK = Metric(name="x_took_seconds", kind=Kind.HISTOGRAM, help="Took.", buckets=(0.1, 1.0))
DEEP = Metric(name="x_deep", kind=Kind.GAUGE, help="Deep.", labels={"where": ()})


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter((DONE, ASKED, TOOK, DEEP))


@pytest.fixture
def told() -> Iterator[list[str]]:
    lines: list[str] = []
    number = logger.add(lambda line: lines.append(str(line)), level="ERROR", format="{message}")
    yield lines
    logger.remove(number)


def read(meter: PrometheusMeter, *gauges: Reading) -> dict[tuple[str, str], float]:
    """By name and the values of labels, as Prometheus' own reader has it."""
    page = meter.text(gauges).decode()
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_what_is_counted_is_told(meter: PrometheusMeter) -> None:
    meter.add(DONE, how="well")
    meter.add(DONE, 2.5, how="well")
    assert read(meter)["x_done_total", "well"] == 3.5


def test_what_may_be_counted_is_told_from_the_start(meter: PrometheusMeter) -> None:
    found = read(meter)
    assert (found["x_done_total", "badly"], found["x_took_seconds_count", ""]) == (0, 0)
    assert "x_asked_total" not in {name for name, _ in found}


def test_a_value_counts_in_its_bucket_and_in_all_above(meter: PrometheusMeter) -> None:
    for value in (0.1, 0.11, 1.0, 7.0):
        meter.seen(TOOK, value)
    found = read(meter)
    assert [found["x_took_seconds_bucket", le] for le in ("0.1", "1.0", "+Inf")] == [1, 3, 4]
    assert found["x_took_seconds_count", ""] == 4
    assert found["x_took_seconds_sum", ""] == pytest.approx(8.21)


def test_gauges_are_told_as_they_stand(meter: PrometheusMeter) -> None:
    here, there = [
        Reading(metric=DEEP, value=value, labels={"where": where})
        for where, value in (("here", 3), ("there", 4))
    ]
    found = read(meter, here, there)
    assert (found["x_deep", "here"], found["x_deep", "there"]) == (3, 4)
    assert "x_deep" not in {name for name, _ in read(meter)}


def test_a_label_may_hold_anything(meter: PrometheusMeter) -> None:
    meter.add(ASKED, who='a "b"\n\\c {}')
    assert read(meter)["x_asked_total", 'a "b"\n\\c {}'] == 1


def test_a_mistake_in_counting_raises_nothing_and_is_told_once(
    meter: PrometheusMeter, told: list[str]
) -> None:
    for _ in range(3):
        meter.add(DONE)
        meter.add(DONE, who="x")
        meter.add(TOOK)
        meter.seen(DONE, 1.0, how="well")
    assert len(told) == 2
    assert (read(meter)["x_done_total", "well"], read(meter)["x_took_seconds_count", ""]) == (0, 0)


def test_series_do_not_grow_for_ever(
    meter: PrometheusMeter, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus_meter, "MOST_SERIES", 2)
    for who in ("a", "b", "c", "d", "a"):
        meter.add(ASKED, who=who)
    found = {who: value for (name, who), value in read(meter).items() if name == "x_asked_total"}
    assert found == {"a": 2, "b": 1}
    assert len(told) == 1


def test_nothing_is_lost_where_several_threads_count_and_the_page_is_read(
    meter: PrometheusMeter,
) -> None:
    def count() -> None:
        for _ in range(2000):
            meter.add(DONE, how="well")
            meter.seen(TOOK, 0.5)

    with ThreadPoolExecutor(4) as threads:
        counting = [threads.submit(count) for _ in range(4)]
        while not all(each.done() for each in counting):
            found = read(meter)
            assert found["x_took_seconds_bucket", "+Inf"] == found["x_took_seconds_count", ""]
    found = read(meter)
    assert (found["x_done_total", "well"], found["x_took_seconds_count", ""]) == (8000, 8000)


def test_names_are_those_of_the_field() -> None:
    """Units are in the name; counters end in `_total`."""
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    for metric in CATALOGUE:
        assert metric.name.startswith(("spool_", "process_"))
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
        assert list(metric.buckets) == sorted(set(metric.buckets))
        assert metric.help.endswith(".")
