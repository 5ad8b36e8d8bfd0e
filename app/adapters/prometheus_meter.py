"""Counts in memory, told as Prometheus reads them.

The counts are plain numbers here, and the library writes the page: its own counters would keep
locks and dates for each, of which nobody asks.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, product
from typing import TypeAlias

from loguru import logger
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from app.domain.metrics import OURS, Kind, Metric, Reading

#: Values of labels, in the order of the metric's labels.
Place: TypeAlias = tuple[str, ...]

#: Of one metric. Labels have few values: beyond this, something puts what clients send in one.
MOST_SERIES = 2000


class Spread:
    """The values of one series of a histogram, by bucket."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        #: One more for what lies above all bounds.
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def copy(self) -> "Spread":
        made = Spread(self._bounds)
        made.counts, made.sum = self.counts.copy(), self.sum
        return made

    def note(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class PrometheusMeter:
    """Implements `ports.Meter` and `ports.MetricsPage`. One for each process."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, metrics: Sequence[Metric] = OURS) -> None:
        """`metrics`: those that are counted, or told as gauges."""
        self._lock = threading.Lock()
        self._sums: dict[Metric, dict[Place, float]] = {}
        self._spreads: dict[Metric, dict[Place, Spread]] = {}
        self._told: set[str] = set()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        for metric in metrics:
            self._begin(metric)

    def add(self, metric: Metric, number: float = 1.0, /, **labels: str) -> None:
        try:
            place = _place(metric, labels)
            with self._lock:
                series = self._sums[metric]
                if place in series or self._has_room(metric, series):
                    series[place] = series.get(place, 0.0) + number
        except Exception as error:
            self._tell(metric, error)

    def seen(self, metric: Metric, value: float, /, **labels: str) -> None:
        try:
            place = _place(metric, labels)
            with self._lock:
                series = self._spreads[metric]
                if place not in series and self._has_room(metric, series):
                    series[place] = Spread(metric.buckets)
                if place in series:
                    series[place].note(value)
        except Exception as error:
            self._tell(metric, error)

    def text(self, gauges: Iterable[Reading]) -> bytes:
        families = [*self._counted(), *_gauges(gauges)]
        page = CollectorRegistry(auto_describe=False)
        page.register(_Families(families))
        return generate_latest(page) + generate_latest(self._process)

    def _begin(self, metric: Metric) -> None:
        """What may be counted is told from the start: a rate misses the first of what is not."""
        places = list(product(*metric.labels.values()))
        if metric.kind is Kind.COUNTER:
            self._sums[metric] = dict.fromkeys(places, 0.0)
        elif metric.kind is Kind.HISTOGRAM:
            self._spreads[metric] = {place: Spread(metric.buckets) for place in places}

    def _counted(self) -> Iterator[Family]:
        """Of one moment; whoever counts waits for the copy alone."""
        with self._lock:
            sums = {metric: dict(series) for metric, series in self._sums.items()}
            spreads = {
                metric: {place: spread.copy() for place, spread in series.items()}
                for metric, series in self._spreads.items()
            }
        yield from (_counter(metric, series) for metric, series in sums.items())
        yield from (_histogram(metric, series) for metric, series in spreads.items())

    def _has_room(self, metric: Metric, series: Mapping[Place, object]) -> bool:
        if len(series) < MOST_SERIES:
            return True
        if metric.name not in self._told:
            self._told.add(metric.name)
            logger.error("{} has {} series: no more are counted", metric.name, len(series))
        return False

    def _tell(self, metric: Metric, error: Exception) -> None:
        """Once for each: it may be counted a thousand times a second."""
        name = getattr(metric, "name", str(metric))
        if name not in self._told:
            self._told.add(name)
            logger.opt(exception=error).error("{} is not counted", name)


class _Families(Collector):
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Sequence[Family]:
        return self._families


def _place(metric: Metric, labels: Mapping[str, str]) -> Place:
    """Raises LookupError unless the labels are those of the metric."""
    if len(labels) != len(metric.labels):
        raise LookupError(f"{metric.name} has the labels {list(metric.labels)}, not {[*labels]}")
    return tuple(labels[name] for name in metric.labels)


def _counter(metric: Metric, series: Mapping[Place, float]) -> Family:
    family = CounterMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    for place, number in series.items():
        family.add_metric(place, number)
    return family


def _histogram(metric: Metric, series: Mapping[Place, Spread]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    bounds = [*(str(bound) for bound in metric.buckets), "+Inf"]
    for place, spread in series.items():
        buckets = list(zip(bounds, accumulate(spread.counts), strict=True))
        family.add_metric(place, buckets, spread.sum)
    return family


def _gauges(readings: Iterable[Reading]) -> Iterator[Family]:
    """Those of one metric stand together."""
    for metric, found in groupby(readings, key=lambda reading: reading.metric):
        family = GaugeMetricFamily(metric.name, metric.help, labels=list(metric.labels))
        for reading in found:
            family.add_metric(_place(metric, reading.labels), reading.value)
        yield family
