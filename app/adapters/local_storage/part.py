"""A file on its way to the disk."""

import contextlib
import os
import uuid
from pathlib import Path
from typing import BinaryIO

from app.adapters.local_storage.disk import make_folder, sync_folder, translated

#: Synced as it grows, so that the last sync has little left to do.
SYNC_EVERY = 64 * 1024 * 1024  # bytes


class Part:
    """Beside its target, under a name of its own, until it is whole.

    All methods block. `discard` undoes whatever has been done.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{uuid.uuid4().hex}.part")
        self._file: BinaryIO | None = None
        self._replaces = False
        self._unsynced = 0
        self.size = 0

    def open(self) -> None:
        with translated():
            make_folder(self._target.parent)
            self._replaces = self._target.exists()
            self._file = self._path.open("xb")

    def write(self, block: bytes) -> None:
        assert self._file is not None
        with translated():
            self._file.write(block)
            self.size += len(block)
            self._unsynced += len(block)
            if self._unsynced >= SYNC_EVERY:
                self._sync()

    def finish(self) -> None:
        assert self._file is not None
        with translated():
            self._sync()
            self._file.close()

    def publish(self) -> None:
        with translated():
            self._path.rename(self._target)
            sync_folder(self._target.parent)

    def discard(self) -> None:
        """Also after `publish`, for a caller who was cancelled meanwhile: nothing is left behind.

        But not the target when there was one before: the old bytes are gone, the new are whole.
        """
        if self._file is None:
            return
        published = not self._path.exists()
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            if published and not self._replaces:
                self._target.unlink(missing_ok=True)

    def _sync(self) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unsynced = 0
