"""JPEGs one behind the other in a file, as ffmpeg's `mpjpeg` writes them."""

from collections.abc import Callable, Iterator
from pathlib import Path

LENGTH = b"content-length:"
MAX_LINE = 200  # bytes


def places(reel: Path) -> Iterator[tuple[int, int]]:
    """First byte and size of each JPEG that is there whole. Blocks."""
    whole = reel.stat().st_size
    with reel.open("rb") as file:
        while (size := _length(file.readline, MAX_LINE)) is not None:
            first = file.tell()
            if first + size > whole:
                return
            yield first, size
            file.seek(first + size)


def _length(readline: Callable[[int], bytes], limit: int) -> int | None:
    """Of the next part; behind its head when this returns. None at the end."""
    size: int | None = None
    while line := readline(limit):
        if line.lower().startswith(LENGTH):
            size = int(line[len(LENGTH) :])
        elif size is not None and not line.strip():
            return size
    return None
