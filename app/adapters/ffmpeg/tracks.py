"""How long the sound of an MP4 or QuickTime file is by its own track: ffmpeg tells only of the
whole, which goes on as long as its longest track.
"""

import os
import struct
from collections.abc import Iterator

MOST_BOXES = 128  # side by side
MOST_BYTES = 256  # of a box that is read
#: A duration that nobody knew when it was written.
UNKNOWN = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
LARGE, TO_THE_END = 1, 0  # sizes that stand for something else

#: Name, first byte of what is in it, and the byte behind it.
Box = tuple[bytes, int, int]


def sound_seconds(medium: int) -> float | None:
    """`medium`: a descriptor, whose place stays as it is. None where nothing is told."""
    size = os.fstat(medium).st_size
    for name, first, last in _boxes(medium, 0, size):
        if name == b"moov":
            return _of_movie(medium, first, last)
    return None


def _of_movie(medium: int, first: int, last: int) -> float | None:
    scale = 0
    for name, begin, end in _boxes(medium, first, last):
        if name == b"mvhd":
            scale = _number(medium, begin, end, short=12, long=20, wide=4)
        elif name == b"trak" and _is_sound(medium, begin, end):
            duration = _duration(medium, begin, end)
            return duration / scale if scale and duration not in UNKNOWN else None
    return None


def _is_sound(medium: int, first: int, last: int) -> bool:
    """By its handler."""
    for name, begin, end in _inside(medium, first, last, b"mdia"):
        if name == b"hdlr":
            return os.pread(medium, min(12, end - begin), begin)[8:] == b"soun"
    return False


def _duration(medium: int, first: int, last: int) -> int:
    """In units of the movie; with what an edit list leaves out left out."""
    for name, begin, end in _boxes(medium, first, last):
        if name == b"tkhd":
            return _number(medium, begin, end, short=20, long=28, wide=8)
    return 0


def _number(medium: int, first: int, last: int, *, short: int, long: int, wide: int) -> int:
    """At `short` bytes from the first, of 4 bytes; in the long form of the box at `long`, of
    `wide`. 0 where there is none."""
    head = os.pread(medium, min(MOST_BYTES, last - first), first)
    place, length = (long, wide) if head[:1] == b"\1" else (short, 4)
    return int.from_bytes(head[place : place + length], "big")


def _inside(medium: int, first: int, last: int, wanted: bytes) -> Iterator[Box]:
    for name, begin, end in _boxes(medium, first, last):
        if name == wanted:
            yield from _boxes(medium, begin, end)
            return


def _boxes(medium: int, first: int, last: int) -> Iterator[Box]:
    """Those side by side from `first` on, as far as they make sense. A file that was cut off ends
    within one."""
    for _ in range(MOST_BOXES):
        if first + 8 > last or len(head := os.pread(medium, 16, first)) < 8:
            return
        size, name = struct.unpack(">I4s", head[:8])
        begin = first + 8
        if size == LARGE and len(head) == 16:
            size, begin = int.from_bytes(head[8:], "big"), first + 16
        end = last if size == TO_THE_END else first + size
        if end < begin:
            return
        yield name, begin, min(end, last)
        first = end
