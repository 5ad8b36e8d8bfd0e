"""How new weights come into the model folder: alone, and whole or not at all."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Wait until no other process or thread makes `target`, and keep them waiting."""
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = _hidden(target, "lock")
    descriptor = _locked(lock)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(lock: Path) -> int:
    """Locks a file that its holder deletes: what we locked must still be what is there."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """An empty folder on the disk of `target`, gone at the end. Only inside `alone`."""
    for left in target.parent.glob(f".{target.name}.*.part"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was killed
    work = Path(
        tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent.absolute())
    )
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def land(product: Path, target: Path) -> None:
    """Move a finished file or folder from the workplace to `target`, durable when this returns."""
    for path in [*product.rglob("*"), product]:
        _sync(path)
    if target.is_dir():
        # A folder cannot be renamed over a full one: what was there goes with the workplace.
        os.rename(target, product.with_name("replaced"))
    os.replace(product, target)
    _sync(target.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a small file in one step."""
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hidden(target: Path, suffix: str) -> Path:
    return target.with_name(f".{target.name}.{suffix}")
