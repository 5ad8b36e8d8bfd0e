"""What the disk says, in words of the domain, and what makes a change on it last."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.domain.errors import Budget, SpoolError, StorageDenied
from app.domain.system_errors import FORBIDDEN, GIVE_IT_BACK, refused

REFUSES = "the disk refuses"
EFFECTIVE = os.access in os.supports_effective_ids


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> SpoolError:
    """A single file that is not ours, in a folder that is, is paid for as any other failure."""
    if error.errno not in FORBIDDEN:
        return refused(error, REFUSES)
    denied = StorageDenied(f"{REFUSES}: {error.strerror}", hint=GIVE_IT_BACK)
    denied.budget = Budget.ERROR
    return denied


def may_write(folder: Path) -> bool:
    """Whether this process may make files there; also where the folder is still to be made."""
    allowed = os.access(folder, os.W_OK | os.X_OK, effective_ids=EFFECTIVE)
    return allowed or not os.path.exists(folder)


def make_folder(folder: Path) -> None:
    """With its parents, each as durable as the files to come."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Names in a folder survive a power cut only when the folder itself is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def held(folder: Path) -> int:
    """Bytes of all files below it. What is gone by the time it is looked at holds none."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    total += _size(entry)
    return total


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
