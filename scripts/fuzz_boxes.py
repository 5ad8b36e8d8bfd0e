"""Media changed box by box, so that what reads them gets beyond the first bytes."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

from scripts.fuzz_bytes import Change, edge
from scripts.fuzz_containers import Box, Reader, atoms, chunks, elements, pages
from scripts.fuzz_ogg import sealed

MOST = 2000  # boxes that are looked at
TOLD = 96  # bytes at the beginning of a box in which its numbers stand
#: Names of what every reader passes over, by the length of the name.
IGNORED: dict[int, tuple[bytes, ...]] = {4: (b"free", b"JUNK", b"skip"), 1: (b"\xec",)}


def _lying(chance: Random, whole: bytes, box: Box) -> bytes:
    start, end = box.size
    number = int.from_bytes(edge(chance, end - start, big=True), "big")
    if box.marker:
        number = box.marker | number & (box.marker - 1)
    return whole[:start] + number.to_bytes(end - start, _order(box)) + whole[end:]


def _order(box: Box) -> Literal["big", "little"]:
    return "big" if box.big else "little"


def _renamed(chance: Random, whole: bytes, box: Box) -> bytes:
    """Half the time to what is passed over: then it is missing, and all else is right."""
    start, end = box.name
    ignored = IGNORED.get(end - start, ())
    name = chance.choice(ignored) if ignored and chance.random() < 0.5 else None
    return whole[:start] + (name or chance.randbytes(end - start)) + whole[end:]


def _misnumbered(chance: Random, whole: bytes, box: Box) -> bytes:
    """Rates, counts, times, places: whatever it tells."""
    room = min(TOLD, box.end - box.content)
    for _ in range(chance.randint(1, 3)):
        length = chance.choice((1, 2, 4, 8))
        place = box.content + chance.randrange(max(room - length, 1))
        if place + length <= len(whole):
            number = edge(chance, length, box.big)
            whole = whole[:place] + number + whole[place + length :]
    return whole


def _lost(chance: Random, whole: bytes, box: Box) -> bytes:
    return whole[: box.start] + whole[box.end :]


def _twice(chance: Random, whole: bytes, box: Box) -> bytes:
    return whole[: box.end] + whole[box.start : box.end] + whole[box.end :]


def _nested(chance: Random, whole: bytes, box: Box) -> bytes:
    """In itself, some times over."""
    head = whole[box.start : box.content]
    return whole[: box.start] + head * chance.choice((1, 8, 100)) + whole[box.start :]


def _emptied(chance: Random, whole: bytes, box: Box) -> bytes:
    return whole[: box.content] + whole[box.end :]


def _noisy(chance: Random, whole: bytes, box: Box) -> bytes:
    noise = chance.randbytes(box.end - box.content)
    return whole[: box.content] + noise + whole[box.end :]


EDITS: Sequence[Callable[[Random, bytes, Box], bytes]] = (
    *(_lying, _renamed, _lost, _twice, _nested, _emptied, _noisy),
    *(_misnumbered, _misnumbered, _misnumbered),  # there are most ways to do this one
)


def editing(reader: Reader, seal: Callable[[bytes], bytes]) -> Change:
    def edit(chance: Random, whole: bytes) -> bytes:
        boxes = [box for box, _ in zip(reader(whole), range(MOST), strict=False)]
        if not boxes:
            return whole
        return seal(chance.choice(EDITS)(chance, whole, chance.choice(boxes)))

    return edit


def _as_it_is(whole: bytes) -> bytes:
    return whole


ATOM, ELEMENT = editing(atoms, _as_it_is), editing(elements, _as_it_is)
CHUNK, PAGE = editing(chunks, _as_it_is), editing(pages, sealed)
#: By the suffix of the file.
BY_SUFFIX = {
    **dict.fromkeys((".mp4", ".mov"), ATOM),
    **dict.fromkeys((".mkv", ".webm"), ELEMENT),
    **dict.fromkeys((".wav", ".avi"), CHUNK),
    ".ogg": PAGE,
}
