"""What was tried and what was found: a table for people, JSON for machines, bytes to try again."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.media import ROOT

FOLDER = ROOT / ".cache" / "fuzz"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`where`: number of the case, or first and last of several that are hard to tell apart."""

    where: str
    why: str
    sent: bytes = b""


@dataclass
class Tally:
    name: str
    seed: int
    #: What was done how often, and what became of it.
    tried: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, failure: Failure, folder: Path) -> None:
        """What was sent is kept in the folder."""
        again = f"scripts/fuzz --seed {self.seed} --only {self.name}:{failure.where}"
        self.violations.append(f"{self.name}:{failure.where}: {failure.why} ({again})")
        if failure.sent:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{self.name}-{self.seed}-{failure.where}.bin"
            file.write_bytes(failure.sent)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        document = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **vars(self)}
        text = json.dumps(document, indent=2)
        (folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def say(line: str) -> None:
    """Progress, so that nobody wonders whether it hangs."""
    print(f"fuzz: {time.strftime('%H:%M:%S')} {line}", flush=True)


def table(tallies: Sequence[Tally]) -> str:
    lines = []
    for tally in tallies:
        tried = ", ".join(f"{number} {what}" for what, number in sorted(tally.tried.items()))
        verdict = f"{len(tally.violations)} VIOLATIONS" if tally.violations else "all as planned"
        lines.append(f"  {tally.name:<10} {tally.seconds:6.0f} s  {verdict:<14} {tried}")
    return "\n".join(lines)
