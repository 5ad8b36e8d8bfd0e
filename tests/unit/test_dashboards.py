"""The dashboard and the alerts ask for what is measured, and for nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from promql_parser import VectorSelector

from app.domain.metrics import CATALOGUE, OURS, Kind, Metric
from app.web.table import DOORS

DEPLOY = Path(__file__).parents[2] / "scripts" / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
#: What Prometheus itself tells of each scrape, and how it names what it asks.
OF_PROMETHEUS, PLACES = {"up"}, {"job", "instance"}
SUFFIXES = ("_bucket", "_count", "_sum")
#: Parts of an expression that are expressions, by the names that the parser gives them.
PARTS = ("lhs", "rhs", "expr", "param", "vector_selector", "args")


def series() -> dict[str, Metric]:
    """The names of all series, with what they belong to."""
    found = {metric.name: metric for metric in CATALOGUE if metric.kind is not Kind.HISTOGRAM}
    for metric in CATALOGUE:
        if metric.kind is Kind.HISTOGRAM:
            found |= {metric.name + suffix: metric for suffix in SUFFIXES}
    return found


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def drawn() -> list[str]:
    """Grafana puts the time between two points in."""
    found = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [expression.replace("$__rate_interval", "5m") for expression in found]


def warned() -> list[str]:
    return [rule["expr"] for rule in RULES]


def selectors(node: Any) -> Iterator[VectorSelector]:
    if isinstance(node, VectorSelector):
        yield node
        return
    for part in (getattr(node, name, None) for name in PARTS):
        for each in part if isinstance(part, list) else [part]:
            if each is not None and not isinstance(each, str | int | float):
                yield from selectors(each)


def strange(expression: str) -> list[str]:
    """What in it is not measured, or has no such label, or no such value of one."""
    found, known = [], series()
    for asked in selectors(promql_parser.parse(expression)):
        metric = known.get(asked.name or "")
        if metric is None and asked.name not in OF_PROMETHEUS:
            found.append(str(asked.name))
        labels = metric.labels if metric else {}
        for matcher in asked.matchers.matchers:
            if matcher.name not in {*labels, *PLACES, "le"}:
                found.append(f"{asked.name}: {matcher.name}")
            elif (values := labels.get(matcher.name)) and matcher.value not in values:
                found.append(f"{asked.name}: {matcher.name}={matcher.value}")
    return found


def grouped(expression: str) -> set[str]:
    """Labels by which it is summed."""
    return {
        label.strip()
        for labels in re.findall(r"by \(([^)]*)\)", expression)
        for label in labels.split(",")
    }


@pytest.mark.parametrize("expression", [*drawn(), *warned()])
def test_whatever_is_drawn_or_warned_of_is_measured(expression: str) -> None:
    assert strange(expression) == []
    known = series()
    asked = [
        known[each.name or ""]
        for each in selectors(promql_parser.parse(expression))
        if each.name in known
    ]
    labels = {label for metric in asked for label in metric.labels}
    assert grouped(expression) - labels - PLACES - {"le"} == set()


@pytest.mark.parametrize(
    "expression",
    [
        "rate(spool_no_such_total[5m]) > 1",
        'sum(spool_jobs{state="pending"})',
        'max(spool_jobs{status="asleep"})',
        "histogram_quantile(0.9, rate(spool_stage_seconds[5m]))",
        "1 + spool_queue_dept",
    ],
)
def test_what_is_not_measured_would_be_found(expression: str) -> None:
    assert len(strange(expression)) == 1


def test_all_that_is_ours_is_drawn() -> None:
    known = series()
    asked = {
        known[each.name or ""]
        for expression in drawn()
        for each in selectors(promql_parser.parse(expression))
    }
    assert [metric.name for metric in OURS if metric not in asked] == []


def test_every_panel_has_a_place_of_its_own_and_says_what_it_shows() -> None:
    assert len({panel["title"] for panel in panels()}) == len(panels())
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert sorted(set(ids)) == sorted(ids)
    taken = set[tuple[int, int]]()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert all(target["legendFormat"] for panel in panels() for target in panel["targets"])


def test_legends_name_labels_that_are_left_after_the_sum() -> None:
    for panel in panels():
        for target in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert named - grouped(target["expr"]) - PLACES == set(), panel["title"]


def test_every_alert_says_what_it_is_and_how_bad() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]
        assert rule["annotations"].keys() == {"summary", "description"}, rule["alert"]


def test_answers_that_are_5xx_with_good_reason_are_no_failures() -> None:
    """`/result/{job_id}` tells so of a job that failed, `/health/ready` of what it is asked for."""
    [expression] = [rule["expr"] for rule in RULES if rule["alert"] == "SpoolFails"]
    [left_out] = re.findall(r'route!~"([^"]+)"', expression)
    paths = {door.path for door in DOORS}
    found = {path for path in paths if re.fullmatch(left_out, path)}
    assert found == {"/result/{job_id}", "/health/ready"}
