"""What chaos works with, and what it found."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.invariants import Findings
from tests.faults.ledger import Ledger
from tests.faults.outside import Outside, outside
from tests.faults.spool import Spool


@dataclass
class Tally:
    name: str
    #: What was done how often.
    tried: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, where: str, found: Findings, ledger: Ledger) -> None:
        self.tried["rounds checked"] += 1
        self.tried["jobs acknowledged"] += len(ledger.acknowledged())
        self.tried["windows"] += found.windows
        self.tried["replayed"] += found.replayed
        self.tried["indexed again by hand"] += found.late
        self.violations += [f"{where}: {violation}" for violation in found.violations]


@dataclass
class Round:
    """A new folder with a service, its world and its books."""

    spool: Spool
    world: Outside
    ledger: Ledger
    seed: int


@dataclass
class Lab:
    folder: Path
    models: Path
    media: Path
    golden: dict[str, str]
    seed: int
    _rounds: int = 0

    @contextmanager
    def round(self, data: Path | None = None, **settings: str) -> Iterator[Round]:
        """Its log is kept when anything goes wrong."""
        self._rounds += 1
        folder = self.folder / f"round-{self._rounds}"
        roots = {"APP__INGESTION__ALLOWED_ROOTS": f'["{self.media}"]'}
        spool = Spool(folder, self.models, data=data, **roots | settings)
        try:
            with outside(self.media) as world:
                ledger = Ledger(folder / "ledger.jsonl")
                yield Round(spool, world, ledger, self.seed * 1000 + self._rounds)
        finally:
            spool.close()


def say(line: str) -> None:
    """Progress, so that nobody wonders whether it hangs."""
    print(f"chaos: {time.strftime('%H:%M:%S')} {line}", flush=True)


def table(tallies: Sequence[Tally]) -> str:
    lines = []
    for tally in tallies:
        tried = ", ".join(f"{number} {what}" for what, number in tally.tried.items())
        verdict = f"{len(tally.violations)} VIOLATIONS" if tally.violations else "nothing lost"
        lines.append(f"  {tally.name:<8} {tally.seconds:6.0f} s  {verdict:<14} {tried}")
    return "\n".join(lines)
