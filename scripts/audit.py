"""Asks PyPI, or else OSV, whether holes are known in what the locks hold, by pip-audit.

It ends within `PATIENCE` and a few seconds, with status 0 when none is known or nobody could be
asked (which it says), 1 when one is, and 2 when pip-audit failed.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from scripts.locks import LOCKS, locked

#: What pip-audit says of each package, as its JSON has it.
Dependencies: TypeAlias = list[dict[str, Any]]

#: Each knows of a hole in h11 0.14.0: an index that only passes files on does not.
HOLE = "GHSA-vqfr-h8mv-ghfj"
SERVICES = {
    "pypi": "https://pypi.org/pypi/h11/0.14.0/json",
    "osv": f"https://api.osv.dev/v1/vulns/{HOLE}",
}
PROBE_LIMIT = 5.0  # seconds until a service counts as out of reach
PATIENCE = 180.0  # seconds for all packages together
#: In a process of its own, for a name that nobody resolves outlasts any timeout of a socket.
PROBE = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[3])) as answer:
    sys.exit(sys.argv[2].encode() not in answer.read(1 << 20))
"""
#: Advisories that do not touch Spool: id -> why not.
HARMLESS: dict[str, str] = {}


class Failed(Exception):
    """pip-audit did not get to an answer, and not for want of a network."""


class Unanswered(Exception):
    """Nobody could be asked."""


def main() -> int:
    try:
        service = reachable(SERVICES)
        found = list(holes(asked(service)))
    except Unanswered as error:
        print(f"audit: not audited: {error}")
        return 0
    except Failed as error:
        print(f"audit: pip-audit failed: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(f"audit: {line}", file=sys.stderr)
    if not found:
        print(f"audit: {service} knows of no hole in what is locked")
    return 1 if found else 0


def reachable(services: Mapping[str, str], limit: float = PROBE_LIMIT) -> str:
    """The first that answers."""
    if find_spec("pip_audit") is None:
        raise Unanswered("pip-audit is not installed")
    for name, url in services.items():
        if answers(url, limit):
            return name
    raise Unanswered("no network")


def answers(url: str, limit: float) -> bool:
    """Whether it knows of the hole that is well known, and says so in time."""
    probe = [sys.executable, "-c", PROBE, url, HOLE, str(limit)]
    try:
        return subprocess.run(probe, capture_output=True, timeout=limit).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def asked(service: str, limit: float = PATIENCE) -> Dependencies:
    with tempfile.TemporaryDirectory() as folder:
        wanted, told = Path(folder) / "locked.txt", Path(folder) / "told.json"
        wanted.write_text("".join(f"{line}\n" for line in requirements()), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "-s", service]
        command += ["-r", str(wanted), "--no-deps", "--disable-pip"]
        command += ["-f", "json", "-o", str(told), "--progress-spinner", "off"]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise Unanswered(f"{service} did not answer within {limit:.0f} s") from None
        return read(told, run.stderr)


def requirements() -> Iterator[str]:
    """Every pin once, without its hashes: torch has none, and pip-audit wants all or none."""
    yield from sorted({str(pin.requirement) for lock in LOCKS for pin in locked(lock).values()})


def read(told: Path, trouble: str) -> Dependencies:
    """Its status tells a hole and a failure alike, so what it wrote has to tell them apart."""
    try:
        made: Dependencies = json.loads(told.read_text(encoding="utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        if "connect" in trouble.lower() or "timed out" in trouble.lower():
            raise Unanswered(f"the line broke: {_last(trouble)}") from None
        raise Failed(_last(trouble)) from None
    if not any("version" in each for each in made):
        raise Failed("it looked at no package")
    return made


def _last(trouble: str) -> str:
    lines = trouble.strip().splitlines()
    return lines[-1][:500] if lines else "it said nothing"


def holes(dependencies: Dependencies) -> Iterator[str]:
    """In words, but for those that are harmless; what could not be looked at is told, too."""
    for each in dependencies:
        if "skip_reason" in each:
            yield f"{each['name']} was not looked at: {each['skip_reason']}"
        for hole in each.get("vulns", ()):
            if HARMLESS.keys().isdisjoint({hole["id"], *hole.get("aliases", ())}):
                yield _words(each, hole)


def _words(package: dict[str, Any], hole: dict[str, Any]) -> str:
    names = ", ".join([hole["id"], *hole.get("aliases", ())])
    mended = " or ".join(hole.get("fix_versions", ())) or "no version yet"
    return f"{package['name']} {package['version']}: {names}; mended in {mended}"


if __name__ == "__main__":
    raise SystemExit(main())
