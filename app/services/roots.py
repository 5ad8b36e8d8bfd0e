"""The folders of this machine that clients may name files in."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import Forbidden, InvalidRequest, NotFound
from app.domain.system_errors import EXHAUSTED, refused

#: To go through a folder one need not be allowed to list it.
THROUGH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: A pipe would be waited for.
TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class Roots:
    def __init__(self, allowed: Sequence[Path]) -> None:
        self._allowed = [Path(os.path.realpath(root)) for root in allowed]

    def resolve(self, named: str) -> Path:
        """The real path of a regular file under a root; links are followed first, then judged.

        Raises Forbidden alike for what is outside and whatever may be there, NotFound inside.
        """
        if not _is_file_name(named):
            raise InvalidRequest("path: not a file name")
        inside = [path for path in self._candidates(named) if self._allows(path)]
        if not inside:
            raise Forbidden(
                "this path is not under an allowed root",
                hint="the operator lists folders in [app.ingestion] allowed_roots",
            )
        return _first_file(inside, named)

    def open(self, real: Path) -> BinaryIO:
        """A file that was resolved some time ago, to be read.

        No link is followed on the way: where one stands now that was none then, it leads to what
        was never asked for. Raises NotFound for whatever is not, or no longer, to be had.
        """
        if not (self._allows(real) and ".." not in real.parts):
            raise NotFound("the file is not under an allowed root", code="source.not_found")
        try:
            return _opened(real)
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise refused(error, "the file cannot be opened") from error
            raise NotFound("the file is no longer there", code="source.not_found") from error

    def _candidates(self, named: str) -> Iterator[Path]:
        """An absolute path as it is, a relative one under each root. Links resolved."""
        for root in self._allowed:
            yield Path(os.path.realpath(root / named))

    def _allows(self, path: Path) -> bool:
        return any(path.is_relative_to(root) for root in self._allowed)


def _is_file_name(named: str) -> bool:
    try:
        return b"\0" not in os.fsencode(named) and named != ""
    except UnicodeEncodeError:
        return False


def _first_file(paths: Sequence[Path], named: str) -> Path:
    for path in paths:
        try:
            if stat.S_ISREG(path.stat().st_mode):
                return path
        except OSError:
            continue
    raise NotFound(f"no regular file {named!r} under the allowed roots", code="source.not_found")


def _opened(real: Path) -> BinaryIO:
    """Folder by folder, each in the one before: to ask first and open then would leave a moment
    in which another file can take its place."""
    descriptor = os.open(real.anchor, THROUGH)
    for number, name in enumerate(real.parts[1:], start=2):
        flags = TO_READ if number == len(real.parts) else THROUGH
        folder = descriptor
        try:
            descriptor = os.open(name, flags, dir_fd=folder)
        finally:
            os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(real)
    return os.fdopen(descriptor, "rb")
