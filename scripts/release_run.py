"""Is all in order for a release, and the steps of one."""

import argparse
import hashlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"\d+\.\d+\.\d+")
NEXT = "Next"
DIST = "dist"
SBOM = "spool.cdx.json"
HASHES = "SHA256SUMS"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    given = _parser().parse_args(arguments)
    if found := list(problems(root, given.version)):
        print("\n".join(f"release: {each}" for each in found), file=sys.stderr)
        return 1
    for step in steps(given.version):
        print(f"+ {shlex.join(step)}", flush=True)
        if not given.dry_run:
            subprocess.run(step, cwd=root, check=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/release", description="Make a release.")
    parser.add_argument("version", metavar="X.Y.Z")
    parser.add_argument("--dry-run", action="store_true", help="only look, and print the steps")
    return parser


def problems(root: Path, version: str) -> Iterator[str]:
    """What is not in order, in words."""
    if not VERSION.fullmatch(version):
        yield f"{version} is no version like 1.2.3"
        return
    if (written := _written(root / "app" / "__init__.py")) != version:
        yield f"__version__ in app/__init__.py is {written}"
    if f"image: spool:{version}\n" not in _text(root / "scripts" / "deploy" / "compose.yaml"):
        yield f"scripts/deploy/compose.yaml names no image spool:{version}"
    changes = _text(root / "app" / "docs" / "changes.md")
    if not section(changes, version):
        yield f"app/docs/changes.md has no section {version}, or nothing in it"
    if section(changes, NEXT):
        yield f"app/docs/changes.md has changes under {NEXT}, which belong under a version"
    if _git(root, "status", "--porcelain"):
        yield "what is here is not committed"
    if _git(root, "tag", "--list", f"v{version}"):
        yield f"there is a tag v{version} already"


def section(changes: str, version: str) -> str:
    """What changed with a version; empty where that is not told."""
    _, _, rest = f"\n{changes}".partition(f"\n## {version}\n")
    return rest.partition("\n## ")[0].strip()


def steps(version: str) -> Iterator[tuple[str, ...]]:
    """Commands, to be run in the root one after the other."""
    yield ("scripts/check",)
    yield ("scripts/test",)
    yield ("rm", "-rf", DIST)
    yield (sys.executable, "-m", "hatchling", "build", "-d", DIST)
    yield ("sh", "-c", f"scripts/sbom >{DIST}/{SBOM}")
    yield (sys.executable, "-c", f"from scripts.release_run import hashed; hashed('{DIST}')")
    yield ("git", "tag", "--annotate", f"v{version}", "--message", f"Spool {version}")


def hashed(folder: str) -> None:
    """Writes the hashes of all that is in a folder beside it, as `sha256sum -c` reads them."""
    files = sorted(file for file in Path(folder).iterdir() if file.name != HASHES)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (Path(folder) / HASHES).write_text("".join(lines), encoding="utf-8")


def _written(file: Path) -> str:
    found = re.search(r'^__version__ = "(.+)"$', _text(file), re.MULTILINE)
    return found[1] if found else "not there"


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
