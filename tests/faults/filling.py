"""Filling a disk that somebody else is writing to."""

from tests.faults.polling import until
from tests.smalldisk import SmallDisk


def fill(disk: SmallDisk, leave: int = 0) -> None:
    """All but `leave` bytes; measured again when others were quicker."""
    until(lambda: _filled(disk, leave), 30, "a full disk")


def _filled(disk: SmallDisk, leave: int) -> bool:
    try:
        disk.fill(leave=leave)
    except OSError:
        return False
    return True
