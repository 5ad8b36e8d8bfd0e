"""Files in folders that are watched."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FileState:
    """What a look at a file tells: who writes to it changes this."""

    #: Bytes.
    size: int
    #: Nanoseconds since the epoch, by the clock of the file's disk.
    modified: int


@dataclass(frozen=True, kw_only=True)
class WatchedFile:
    """A file that was taken, as it was then."""

    #: Absolute.
    path: str
    state: FileState
    #: Under which it is found.
    asset_id: str
