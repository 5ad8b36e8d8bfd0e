"""Files of this machine that clients name, which others may swap at any moment."""

from pathlib import Path, PurePath
from typing import BinaryIO, Protocol


class FilesBeneath(Protocol):
    def open(self, root: Path, inside: PurePath) -> BinaryIO:
        """Open the regular file `inside` the folder `root`, an absolute path, for reading.

        No link is followed, neither on the way to `root` nor below it, and nothing is waited for.
        Raises SourceGone for whatever else is there, SourceUnreachable when the disk does not
        answer, Exhausted.
        """
        ...


class SourceFolders(Protocol):
    """The folders in which media are read in place."""

    def open(self, real: Path) -> BinaryIO:
        """A file that was resolved some time ago, to be read; it must still lie in one of them.

        Raises as `FilesBeneath.open` does.
        """
        ...
