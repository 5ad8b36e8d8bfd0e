"""What a measure found: a table for people, the same as JSON."""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "bench"
MiB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Row:
    what: str
    value: float
    unit: str
    #: The figure to keep below, or to reach; None for a figure that promises nothing.
    target: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value < self.target

    def cells(self) -> tuple[str, str, str]:
        if self.target is None:
            return self.what, f"{self.value:.4g} {self.unit}", ""
        sign, verdict = (">=" if self.at_least else "<"), ("holds" if self.holds else "MISSED")
        return self.what, f"{self.value:.4g} {self.unit}", f"{sign} {self.target:g}: {verdict}"


@dataclass
class Report:
    name: str
    rows: list[Row] = field(default_factory=list)
    #: Tables of more columns: heads first, each as what is printed.
    tables: list[list[tuple[str, ...]]] = field(default_factory=list)
    #: How it was measured: without that the figures mean nothing.
    notes: list[str] = field(default_factory=list)
    #: Single values behind the rows, for the JSON.
    detail: dict[str, Any] = field(default_factory=dict)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    def fact(self, what: str, value: float, unit: str) -> None:
        self.rows.append(Row(what=what, value=value, unit=unit))

    def below(self, target: float, what: str, value: float, unit: str) -> None:
        self.rows.append(Row(what=what, value=value, unit=unit, target=target))

    def at_least(self, target: float, what: str, value: float, unit: str) -> None:
        self.rows.append(Row(what=what, value=value, unit=unit, target=target, at_least=True))

    def table(self, heads: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
        """Lines under the same heads join the table that has them."""
        for table in self.tables:
            if table[0] == heads:
                table += lines
                return
        self.tables.append([heads, *lines])

    def publish(self) -> bool:
        """Print and write. True when every target holds."""
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": round(self.load_before, 2),
            "load_after": round(os.getloadavg()[0], 2),
        }
        print(f"\n{self.name}: {', '.join(f'{k} {v}' for k, v in machine.items())}")
        for lines in self.tables:
            print(_table(lines, left=(0, 1)), end="\n\n")
        print(_table([row.cells() for row in self.rows], left=(0, 2)))
        for note in self.notes:
            print(f"  * {note}")
        self._write(machine)
        return all(row.holds for row in self.rows)

    def _write(self, machine: dict[str, Any]) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        document = {
            "name": self.name,
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "machine": machine,
            "rows": [{**asdict(row), "holds": row.holds} for row in self.rows],
            "tables": self.tables,
            "notes": self.notes,
            "detail": self.detail,
        }
        file = FOLDER / f"{self.name}.json"
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def percentile(values: Sequence[float], percent: int) -> float:
    """Of at least one value."""
    if len(values) < 2:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def say(line: str) -> None:
    """Progress, so that nobody wonders whether it hangs."""
    print(f"bench: {line}", flush=True)


def _table(lines: Sequence[tuple[str, ...]], left: Sequence[int]) -> str:
    """Columns of words to the `left`, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:{'<' if column in left else '>'}{width}}"
            for column, (cell, width) in enumerate(zip(("", *line), (0, *widths), strict=True), -1)
        ).rstrip()
        for line in lines
    )
