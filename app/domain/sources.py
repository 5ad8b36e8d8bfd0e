"""How a file is told from what may stand in its place a moment later."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Two that differ are of two files, or of one that was written to in between."""

    device: int
    inode: int
    #: Bytes.
    size: int
    #: When it was last written to, in nanoseconds since the epoch.
    modified: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Snapshot":
        return cls(
            device=found.st_dev,
            inode=found.st_ino,
            size=found.st_size,
            modified=found.st_mtime_ns,
        )
