"""What scripts/fuzz does once all is installed: all kinds of fire, or one, or one case of it."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.fuzz_drive import Kind, drive
from scripts.fuzz_filters import FILTERS
from scripts.fuzz_json import BODIES
from scripts.fuzz_media import CORPUS, MEDIA
from scripts.fuzz_names import PATHS, SPELLINGS
from scripts.fuzz_raw import RAW
from scripts.fuzz_report import FOLDER, Tally, say, table
from scripts.fuzz_yard import Lab
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.media import ROOT

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (MEDIA, CORPUS, RAW, BODIES, PATHS, FILTERS, SPELLINGS)
}
FETCHED_WITHIN = 600.0  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments(arguments)
    with tempfile.TemporaryDirectory(prefix="spool-fuzz-", dir=asked.folder) as folder:
        lab = _lab(Path(folder), asked)
        fetch_weights(lab)
        tallies = [run(lab, KINDS[name], numbers) for name, numbers in _wanted(asked).items()]
    print(table(tallies))
    violations = sum(len(tally.violations) for tally in tallies)
    print(f"fuzz: seed {asked.seed}, {violations} violations")
    return 1 if violations else 0


def _lab(folder: Path, asked: argparse.Namespace) -> Lab:
    models = Path(os.environ.get("SPOOL_TEST_MODELS") or ROOT / ".cache" / "models")
    return Lab(
        folder=folder, models=models, results=asked.reports, seed=asked.seed, seconds=asked.seconds
    )


def fetch_weights(lab: Lab) -> None:
    """While it is fired at the service fetches nothing: whom it then calls is nobody of ours."""
    spool = Spool(lab.folder / "weights", lab.models)
    try:
        spool.start()
        until(spool.is_ready, FETCHED_WITHIN, "ready")
    finally:
        spool.close()


def run(lab: Lab, kind: Kind, numbers: range) -> Tally:
    say(f"{kind.name}: {len(numbers)} cases, seed {lab.seed}")
    tally = drive(lab, kind, numbers)
    tally.write(lab.results)
    for violation in tally.violations:
        say(f"VIOLATION {violation}")
    return tally


def _wanted(asked: argparse.Namespace) -> dict[str, range]:
    if asked.only is None:
        return {name: kind.numbers(getattr(asked, name)) for name, kind in KINDS.items()}
    name, numbers = asked.only
    return {name: KINDS[name].numbers(getattr(asked, name)) if numbers is None else numbers}


def only(text: str) -> tuple[str, range | None]:
    """`media`, `media:123` or `media:120-131`."""
    name, _, numbers = text.partition(":")
    if name not in KINDS:
        raise argparse.ArgumentTypeError(f"{name}: known are {', '.join(KINDS)}")
    if not numbers:
        return name, None
    first, _, last = numbers.partition("-")
    try:
        return name, range(int(first), int(last or first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{numbers}: a number, or two and a dash") from None


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    for name, kind in KINDS.items():
        parser.add_argument(f"--{name}", type=int, default=kind.usual, help=kind.about)
    parser.add_argument("--seconds", type=float, default=0.0, help="at most for each kind; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=only, help="KIND, or KIND:NUMBER of a case that failed")
    parser.add_argument("--folder", help="where all files go while it runs")
    parser.add_argument("--reports", type=Path, default=FOLDER, help="where reports go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
