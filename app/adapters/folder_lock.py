"""One service per folder: a lock that the system lets go of however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import ConfigError, StorageError

NAME = ".spool.lock"
#: Of a folder that is made here: what is heard and shown is nobody else's on this machine.
PRIVATE = 0o700


@contextmanager
def held(folder: Path, name: str = "data folder", setting: str = "data_dir") -> Iterator[None]:
    """Hold the folder for as long as the block runs. Raises ConfigError when another does.

    A second service would take the first one's running jobs for abandoned ones, and what it just
    writes to its index for leftovers.
    """
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"the {name} {folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigError(
            f"another Spool is running on the {name} {folder.absolute()}",
            hint=f"stop it, or set [app.storage] {setting} to another folder",
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)
