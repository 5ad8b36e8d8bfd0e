"""What scripts/chaos does once all is installed: all cases, or one by name."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from scripts import chaos_deaths, chaos_disks, chaos_workers
from scripts.chaos_report import Lab, Tally, say, table
from tests.faults import cases
from tests.faults.spool import Spool
from tests.media import ROOT

#: By name, with how often each is tried unless told otherwise.
CASES: dict[str, tuple[Callable[[Lab, int], Tally], int]] = {
    "kills": (chaos_deaths.random_kills, 300),
    "points": (chaos_deaths.named_points, 5),
    "crashes": (chaos_workers.crashes, 200),
    "power": (chaos_disks.power_cuts, 20),
    "disk": (chaos_disks.full_disks, 10),
}


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="spool-chaos-", dir=asked.folder) as folder:
        lab = prepared(Path(folder), asked.seed)
        names = [asked.only] if asked.only else [*CASES]
        tallies = [run(name, lab, getattr(asked, name)) for name in names]
    print(table(tallies))
    violations = sum(len(tally.violations) for tally in tallies)
    print(f"chaos: seed {asked.seed}, {violations} violations")
    return 1 if violations else 0


def prepared(folder: Path, seed: int) -> Lab:
    """Media, and what they read as in an unbroken run."""
    media = cases.make_media(folder / "media")
    models = Path(os.environ.get("SPOOL_TEST_MODELS") or ROOT / ".cache" / "models")
    spool = Spool(folder / "unbroken", models, APP__INGESTION__ALLOWED_ROOTS=f'["{media}"]')
    try:
        spool.start()
        golden = cases.golden_texts(spool, media)
    finally:
        spool.close()
    return Lab(folder=folder, models=models, media=media, golden=golden, seed=seed)


def run(name: str, lab: Lab, number: int) -> Tally:
    say(f"{name}: {number}, seed {lab.seed}")
    began = time.monotonic()
    tally = CASES[name][0](lab, number) if number else Tally(name=name)
    tally.seconds = time.monotonic() - began
    for violation in tally.violations:
        say(f"{name}: VIOLATION {violation}")
    return tally


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    for name, (case, usual) in CASES.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=case.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[*CASES])
    parser.add_argument("--folder", help="where all files go while it runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
