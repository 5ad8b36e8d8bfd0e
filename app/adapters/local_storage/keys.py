"""From keys to paths that stay inside."""

import re
from pathlib import Path

from app.domain.errors import Forbidden

LONGEST_NAME = 255  # bytes, on all common file systems

#: Unfinished files: ours (`.<hex>.part`), and those of tools that add `.part` to the file of a job
#: (`<uuid>.mp4.part`). An upload that is itself called `movie.part` is kept as `<uuid>.part`, and
#: is none; nor is anything that others may be writing in the same folders.
_UNFINISHED = re.compile(r"(\.[0-9a-f]{32}|[0-9a-f-]{36}\.[^.]+)\.part")


def is_unfinished(name: str) -> bool:
    return _UNFINISHED.fullmatch(name) is not None


def path_inside(root: Path, key: str) -> Path:
    """Raises Forbidden on a key that is no plain relative path, or that links lead out of root."""
    if not all(map(_is_plain, key.split("/"))):
        raise Forbidden("the key is no plain relative path", code="storage.forbidden")
    root = root.resolve()
    try:
        path = (root / key).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, lone surrogates
        raise Forbidden("the key leads nowhere", code="storage.forbidden") from error
    if not path.is_relative_to(root):
        raise Forbidden("the key leads out of the store", code="storage.forbidden")
    return path


def _is_plain(name: str) -> bool:
    return (
        name not in ("", ".", "..")
        and "\\" not in name
        and "\0" not in name
        and len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME
        and not is_unfinished(name)
    )
