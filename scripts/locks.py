"""The locks that scripts/lock makes, read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

SCRIPTS = Path(__file__).parent
#: The extras of pyproject.toml that `scripts/install` knows, and how it is asked for them.
EXTRAS = {"torch": "--full", "dask": "--dask", "telemetry": "--telemetry"}
#: In the order in which they are installed, each on top of the first.
LOCKS = ("requirements", *(f"requirements-{extra}" for extra in EXTRAS), "requirements-dev")
_HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, kw_only=True)
class Pin:
    #: `name==version`, with a marker where some machines do without.
    requirement: Requirement
    #: Who asked for it: names, comma-separated.
    asked: str
    #: `sha256:...` of each file that may be installed for it.
    hashes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> Version:
        [clause] = self.requirement.specifier
        return Version(clause.version)


def locked(name: str) -> dict[str, Pin]:
    """Package -> its pin, of the lock of that name."""
    return read((SCRIPTS / f"{name}.lock").read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Pin]:
    """Package -> its pin."""
    return {pin.name: pin for pin in map(_pin, _blocks(text))}


def _blocks(text: str) -> Iterator[str]:
    """A package with its hashes and who asked for it, which may stand on lines of their own."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    yield from re.split(r"\n(?=\S)", "\n".join(lines)) if lines else ()


def _pin(block: str) -> Pin:
    told, _, asked = block.replace("\\\n", " ").partition("# via ")
    return Pin(
        requirement=Requirement(_HASH.sub("", told).strip()),
        asked=asked.strip(),
        hashes=tuple(_HASH.findall(told)),
    )
