"""Files of jobs, in bulk: found by the job's id in their names, removed, or set aside."""

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from app.adapters.local_storage.disk import make_folder, sync_folder
from app.adapters.local_storage.keys import path_inside

_OF_A_JOB = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(\.[^.]+)?")


class FolderScan(AbstractContextManager["FolderScan"]):
    """Reads one folder of a store, however long, a batch at a time; what is no job's is passed."""

    def __init__(self, root: Path, folder: str, before: datetime | None = None) -> None:
        self._folder = folder
        self._before = before.timestamp() if before else None
        try:
            self._entries: Iterator[os.DirEntry[str]] = os.scandir(root / folder)
        except (FileNotFoundError, NotADirectoryError):
            self._entries = iter(())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        close = getattr(self._entries, "close", None)
        if close is not None:
            close()

    def take(self, number: int) -> dict[str, str]:
        """The next keys with their job ids; empty at the end."""
        return dict(itertools.islice(self._keys(), number))

    def _keys(self) -> Iterator[tuple[str, str]]:
        for entry in self._entries:
            match = _OF_A_JOB.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False) and self._is_old(entry):
                yield f"{self._folder}/{entry.name}", match[1]

    def _is_old(self, entry: os.DirEntry[str]) -> bool:
        if self._before is None:
            return True
        try:
            return entry.stat(follow_symlinks=False).st_mtime < self._before
        except FileNotFoundError:  # somebody was quicker
            return False


def remove(root: Path, keys: Sequence[str]) -> None:
    """Keys as a scan tells them."""
    folders = _folders(root, keys)
    for key in keys:
        folder, _, name = key.rpartition("/")
        with suppress(FileNotFoundError):  # somebody was quicker
            os.unlink(folders[folder] / name)


def move(root: Path, keys: Sequence[str], place: Path) -> None:
    """Each below `place` as it lay below `root`, so that it can be put back as easily."""
    folders = _folders(root, keys)
    for folder in folders:
        make_folder(place / folder)
    for key in keys:
        folder, _, name = key.rpartition("/")
        with suppress(FileNotFoundError):
            os.rename(folders[folder] / name, place / folder / name)
    for folder in folders:  # the new name first: in between there are two, never none
        sync_folder(place / folder)
        sync_folder(folders[folder])


def _folders(root: Path, keys: Sequence[str]) -> dict[str, Path]:
    """Looked up once: to follow links for each of many files takes longer than to remove it."""
    return {
        folder: path_inside(root, folder) for folder in {key.rpartition("/")[0] for key in keys}
    }
