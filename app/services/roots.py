"""The folders of this machine that clients may name files in."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Forbidden, InvalidRequest, NotFound, SourceGone
from app.ports import FilesBeneath

TRIES = 8


class Roots:
    """Implements `ports.SourceFolders`."""

    def __init__(self, allowed: Sequence[Path], files: FilesBeneath) -> None:
        self._allowed = [Path(os.path.realpath(root)) for root in allowed]
        self._files = files

    def resolve(self, named: str) -> Path:
        """The real path of a regular file under a root; links are followed first, then judged.

        Nothing is opened: what is there by the time that it is read may be something else, and
        `open` sees to that. Raises Forbidden alike for what is outside and whatever may be there,
        NotFound inside.
        """
        if not _is_file_name(named):
            raise InvalidRequest("path: not a file name")
        inside = [path for path in self._candidates(named) if self._root(path)]
        if not inside:
            raise Forbidden(
                "this path is not under an allowed root",
                hint="the operator lists folders in [app.ingestion] allowed_roots",
            )
        return _first_file(inside, named)

    def open(self, real: Path) -> BinaryIO:
        """A file that was resolved some time ago, to be read.

        No link is followed on the way: where one stands now that was none then, it leads to what
        was never asked for. Raises SourceGone for whatever is not, or no longer, to be had,
        SourceUnreachable, Exhausted.
        """
        root = self._root(real)
        if root is None or ".." in real.parts:
            raise SourceGone("it does not lie in a folder that the operator allows")
        return self._files.open(root, real.relative_to(root))

    def _candidates(self, named: str) -> Iterator[Path]:
        """An absolute path as it is, a relative one under each root. Links resolved."""
        for root in self._allowed:
            if (real := _real(root / named)) is not None:
                yield real

    def _root(self, path: Path) -> Path | None:
        """The one that it lies under."""
        return next((root for root in self._allowed if path.is_relative_to(root)), None)


def _real(path: Path) -> Path | None:
    """None when links are swapped on the way again and again."""
    for _ in range(TRIES):
        with suppress(OSError):  # it was a link when it was looked at, and none when it was read
            return Path(os.path.realpath(path))
    return None


def _is_file_name(named: str) -> bool:
    try:
        return b"\0" not in os.fsencode(named) and named != ""
    except UnicodeEncodeError:
        return False


def _first_file(paths: Sequence[Path], named: str) -> Path:
    for path in paths:
        try:
            if stat.S_ISREG(path.lstat().st_mode):
                return path
        except OSError:
            continue
    raise NotFound(f"no regular file {named!r} under the allowed roots", code="source.not_found")
