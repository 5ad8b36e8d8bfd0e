"""Names of files in a store, whatever kind of store it is."""

import re

LONGEST_NAME = 255  # bytes, on all common file systems

#: Unfinished files: ours (`.<hex>.part`), and those of tools that add `.part` to the file of a job
#: (`<uuid>.mp4.part`). An upload that is itself called `movie.part` is kept as `<uuid>.part`, and
#: is none; nor is anything that others may be writing in the same folders.
_UNFINISHED = re.compile(r"(\.[0-9a-f]{32}|[0-9a-f-]{36}\.[^.]+)\.part")


def is_unfinished(name: str) -> bool:
    return _UNFINISHED.fullmatch(name) is not None


def is_plain(key: str) -> bool:
    """A relative POSIX path that leads nowhere else, and is no unfinished file's."""
    return all(map(_is_plain_name, key.split("/")))


def _is_plain_name(name: str) -> bool:
    return (
        name not in ("", ".", "..")
        and "\\" not in name
        and "\0" not in name
        and len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME
        and not is_unfinished(name)
    )
