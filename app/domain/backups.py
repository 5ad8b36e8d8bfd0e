"""A copy of the service in a folder, and what is written down about it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import StorageError

#: Written last: a folder without one is no whole backup.
MANIFEST = "manifest.json"
#: All rows; SQLite, whatever they came from.
DATABASE = "spool.db"
#: A line for each file, as `sha256sum -c` reads them.
LISTING = "files.sha256"
#: Where the files lie.
FILES = "files"


@dataclass(frozen=True, kw_only=True)
class Medium:
    """The bytes that somebody sent for a job."""

    job_id: str
    #: In the store of files.
    key: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    #: Of Spool.
    version: str
    #: Revision of the database.
    schema: str
    made_at: datetime
    jobs: int
    files: int
    #: Bytes of all files.
    size: int
    #: Keys of media that jobs name, and that were not there to be copied.
    missing: tuple[str, ...] = ()
    #: Of the database, in hex.
    database_sha256: str
    #: Of the listing, in hex.
    listing_sha256: str

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"made_at": self.made_at.isoformat(), "missing": list(self.missing)}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A line of the listing."""

    #: In the store of files.
    key: str
    #: In hex.
    sha256: str

    def line(self) -> str:
        return f"{self.sha256}  {FILES}/{self.key}\n"


def manifest_from(content: bytes) -> Manifest:
    """Raises StorageError when it is none."""
    try:
        told: dict[str, Any] = json.loads(content)
        made_at = datetime.fromisoformat(told.pop("made_at"))
        return Manifest(made_at=made_at, missing=tuple(told.pop("missing")), **told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{MANIFEST} is not that of a backup: {error}"
        raise StorageError(message, code="storage.corrupt") from error


def listed_in(content: bytes) -> list[Listed]:
    """Raises StorageError when it is no listing."""
    return [_listed(line) for line in content.decode("utf-8", "replace").splitlines()]


def _listed(line: str) -> Listed:
    sha256, _, name = line.partition("  ")
    folder, _, key = name.partition("/")
    if len(sha256) != 64 or folder != FILES or not key:
        raise StorageError(f"{LISTING} is damaged: {line[:100]}", code="storage.corrupt")
    return Listed(key=key, sha256=sha256)
