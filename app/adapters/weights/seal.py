"""A small JSON file beside fetched weights: what they were when they were known to be good.

`ggml-base.bin` has `ggml-base.bin.sha256`. Hashing 150 MB at every start would be slow, so a
file whose size and time of change are as sealed counts as good; else it is hashed again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.adapters.weights.inspection import inspect
from app.adapters.weights.landing import land, write_durably
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind


@dataclass(frozen=True, kw_only=True)
class FileSeal:
    size: int
    mtime_ns: int
    sha256: str

    def fits(self, path: Path) -> bool:
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        return (found.st_size, found.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True, kw_only=True)
class Seal:
    #: Where the weights came from, for people.
    source: str
    #: By path below the sealed folder; a sealed file has one entry, without name.
    files: Mapping[str, FileSeal]


def seal_of(path: Path, source: str) -> Seal:
    """Hash a file, or all files of a folder."""
    if path.is_file():
        return Seal(source=source, files={"": _seal_file(path)})
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    files = {file.relative_to(path).as_posix(): _seal_file(file) for file in inside}
    return Seal(source=source, files=files)


def sha256_of(path: Path) -> str:
    return _seal_file(path).sha256


def seal_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def write_seal(path: Path, seal: Seal) -> None:
    content = {
        "source": seal.source,
        "files": {name: asdict(file) for name, file in seal.files.items()},
    }
    write_durably(seal_path(path), json.dumps(content, indent=2).encode())


def read_seal(path: Path) -> Seal | None:
    """None when there is none, or none that can be read."""
    try:
        content = json.loads(seal_path(path).read_bytes())
        files = {name: FileSeal(**file) for name, file in content["files"].items()}
        return Seal(source=content["source"], files=files)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(product: Path, target: Path, source: str) -> None:
    """Seal finished weights and move them to `target`.

    The seal goes first: until the weights are there too, they are rightly called broken.
    """
    write_seal(target, seal_of(product, source))
    land(product, target)


def verify(path: Path, kind: ModelKind) -> None:
    """Raise ModelCorrupt unless the weights are as sealed; unsealed ones must have a sound form."""
    seal = read_seal(path)
    if seal is None:
        inspect(path, kind)
    elif not all(file.fits(_member(path, name)) for name, file in seal.files.items()):
        _reseal(path, seal)


def _reseal(path: Path, seal: Seal) -> None:
    """The files were touched: they must still have their hashes."""
    files = {name: _check(_member(path, name), old) for name, old in seal.files.items()}
    try:
        write_seal(path, replace(seal, files=files))
    except OSError:
        # A folder that may only be read: then the next look-up hashes once more.
        return


def _check(path: Path, old: FileSeal) -> FileSeal:
    if not path.is_file():
        raise ModelCorrupt(f"{path} is gone")
    size = path.stat().st_size
    if size != old.size:
        raise ModelCorrupt(f"{path} has {size} bytes, it had {old.size} when it was fetched")
    new = _seal_file(path)
    if new.sha256 != old.sha256:
        raise ModelCorrupt(f"{path} was changed: its sha256 is {new.sha256}, not {old.sha256}")
    return new


def _seal_file(path: Path) -> FileSeal:
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FileSeal(size=found.st_size, mtime_ns=found.st_mtime_ns, sha256=sha256)


def _member(path: Path, name: str) -> Path:
    return path / name if name else path
