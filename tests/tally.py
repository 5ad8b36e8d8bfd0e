"""A meter that tests can read."""

from collections import Counter, defaultdict

from app.domain.metrics import Metric


class Tally:
    """Implements `ports.Meter`. Raises LookupError where labels are not those of the metric."""

    def __init__(self) -> None:
        #: By metric and values of labels.
        self.sums: Counter[tuple[str, ...]] = Counter()
        self.values: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)

    def add(self, metric: Metric, number: float = 1.0, /, **labels: str) -> None:
        self.sums[self._place(metric, labels)] += number  # type: ignore[assignment]

    def seen(self, metric: Metric, value: float, /, **labels: str) -> None:
        self.values[self._place(metric, labels)].append(value)

    def of(self, metric: Metric) -> dict[tuple[str, ...], float]:
        """What was added, by values of labels; without those to which nothing was."""
        found = self.sums.items()
        return {place[1:]: number for place, number in found if place[0] == metric.name and number}

    @staticmethod
    def _place(metric: Metric, labels: dict[str, str]) -> tuple[str, ...]:
        if labels.keys() != metric.labels.keys():
            raise LookupError(f"{metric.name} has the labels {[*metric.labels]}, not {[*labels]}")
        for name, value in labels.items():
            known = metric.labels[name]
            if known and value not in known:
                raise LookupError(f"{metric.name}: {name}={value} is not in the catalogue")
        return (metric.name, *(labels[name] for name in metric.labels))
