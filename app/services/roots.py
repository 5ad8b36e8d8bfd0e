"""The folders of this machine that clients may name files in."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.domain.errors import Forbidden, InvalidRequest, NotFound


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
