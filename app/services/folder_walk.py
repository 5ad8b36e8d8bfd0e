"""Looking through a folder for media."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from app.domain.media_types import MEDIA_SUFFIXES, media_suffix
from app.domain.watched import FileState

#: Packet of an MPEG transport stream; programs in TypeScript are called `.ts`, too.
TS_PACKET, TS_SYNC = 188, b"G"


def media_in(folder: Path, leave_out: Path | None = None) -> Iterator[tuple[str, FileState]]:
    """Absolute paths of media, and of those in its folders, by name; `leave_out`: a folder.

    Told by their suffix. What is hidden, empty, a link, or not named in UTF-8 is no medium, and a
    folder that may not be read is empty. Paths are those of the real folder.
    """
    forbidden = os.path.realpath(leave_out) if leave_out else None
    waiting = [os.path.realpath(folder)]
    while waiting:
        here = waiting.pop()
        if here == forbidden:
            continue
        inside: list[str] = []
        for entry in _entries(here):
            if _is_folder(entry):
                inside.append(entry.path)
            elif state := _medium(entry):
                yield entry.path, state
        waiting += reversed(inside)


def state_of(path: str) -> FileState | None:
    """None when it is no file, or has no bytes."""
    try:
        return _state(os.lstat(path))
    except OSError:
        return None


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = [each for each in entries if not each.name.startswith(".")]
    except OSError:
        return []
    return sorted(filter(_is_utf8, found), key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Some disks do not tell it with the name; to ask them may fail."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_utf8(entry: os.DirEntry[str]) -> bool:
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _medium(entry: os.DirEntry[str]) -> FileState | None:
    suffix = media_suffix(entry.name)
    state = state_of(entry.path) if suffix in MEDIA_SUFFIXES else None
    return None if state and suffix == ".ts" and not _is_stream(entry.path) else state


def _state(found: os.stat_result) -> FileState | None:
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return None
    return FileState(size=found.st_size, modified=found.st_mtime_ns)


def _is_stream(path: str) -> bool:
    try:
        # a pipe of that name would never end
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
            head = file.read(TS_PACKET + 1) or b""  # nothing in a pipe that became one just now
            return head[::TS_PACKET] == TS_SYNC * 2
    except OSError:
        return False
