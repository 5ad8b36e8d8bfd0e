"""What a medium is made of: atoms of mp4, elements of Matroska, chunks of RIFF, pages of Ogg.

All of them are boxes here: a name, a size, a content that may be boxes again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from scripts import fuzz_ogg

#: Boxes of which boxes are made.
ATOMS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta", b"mvex"))
#: Segment, tracks, a track, info, cluster, video, audio, group, cues, a cue and its place, head.
ELEMENTS = frozenset(
    map(
        bytes.fromhex,
        "18538067 1654ae6b ae 1549a966 1f43b675 e0 e1 a0 1c53bb6b bb b7 1a45dfa3".split(),
    )
)
LISTS = frozenset((b"RIFF", b"LIST"))


@dataclass(frozen=True, kw_only=True)
class Box:
    #: Its name, its size and its content are told one after the other, in bytes of the file.
    start: int
    name: tuple[int, int]
    size: tuple[int, int]
    content: int
    end: int
    big: bool = True
    #: Bits of the size that say how long it is itself.
    marker: int = 0


Reader: TypeAlias = Callable[[bytes], Iterator[Box]]


def atoms(whole: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    end = len(whole) if end is None else end
    while start + 8 <= end:
        size, name = int.from_bytes(whole[start : start + 4], "big"), whole[start + 4 : start + 8]
        last = min(start + size, end) if size >= 8 else end
        yield Box(
            start=start,
            name=(start + 4, start + 8),
            size=(start, start + 4),
            content=start + 8,
            end=last,
        )
        if name in ATOMS:
            yield from atoms(whole, start + 8, last)
        start = last


def chunks(whole: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    end = len(whole) if end is None else end
    while start + 8 <= end:
        size = int.from_bytes(whole[start + 4 : start + 8], "little")
        last = min(start + 8 + size + size % 2, end)
        yield Box(
            start=start,
            name=(start, start + 4),
            size=(start + 4, start + 8),
            content=start + 8,
            end=last,
            big=False,
        )
        if whole[start : start + 4] in LISTS:
            yield from chunks(whole, start + 12, last)
        start = last


def elements(whole: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    end = len(whole) if end is None else end
    while start < end and whole[start]:
        middle = start + _length(whole[start])
        if middle >= end or not whole[middle]:
            return
        content = middle + (length := _length(whole[middle]))
        if content > end:
            return
        marker = 1 << (7 * length)
        size = int.from_bytes(whole[middle:content], "big") & (marker - 1)
        last = end if size == marker - 1 else min(content + size, end)  # all ones: unknown
        yield Box(
            start=start,
            name=(start, middle),
            size=(middle, content),
            content=content,
            end=last,
            marker=marker,
        )
        if whole[start:middle] in ELEMENTS:
            yield from elements(whole, content, last)
        start = max(last, content)


def _length(first: int) -> int:
    """Of a number that begins with this byte, which is not 0."""
    return 9 - first.bit_length()


def pages(whole: bytes) -> Iterator[Box]:
    """The number of segments stands for the size."""
    for start, content, end in fuzz_ogg.pages(whole):
        yield Box(
            start=start,
            name=(start, start + 4),
            size=(start + 26, start + 27),
            content=content,
            end=end,
            big=False,
        )
