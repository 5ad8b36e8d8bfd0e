"""The folder of a cluster worker, for what its processes print and what passes through it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "spool-worker-"
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def worker_folder() -> Iterator[Path]:
    """Nobody else's, among temporary files; it goes with the block. What killed workers left goes
    first: the system lets go of a lock however its holder ends. Raises OSError."""
    for other in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _clear(other)
    folder, lock = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _made() -> tuple[Path, int]:
    """Once more where another worker that starts just now took it for a leftover."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):
            lock = os.open(folder, FOLDER)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _clear(folder: Path) -> None:
    """Unless a worker lives in it, or it is another user's."""
    try:
        lock = os.open(folder, FOLDER)
    except OSError:
        return
    try:
        if os.fstat(lock).st_uid == os.getuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(lock)
