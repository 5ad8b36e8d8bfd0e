"""Bytes that were something, changed by chance; the same for the same chance."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

#: What comes back may be what went in.
Change: TypeAlias = Callable[[Random, bytes], bytes]

HEAD = 4096  # bytes in which most of what is told of a file stands
MOST_BITS = 64
LONGEST = 1 << 16  # bytes that are added by one change
#: Where numbers go over, in 32 bits; the last one is a timestamp a day from its neighbours.
EDGES = (
    *(0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF),
    *(0x80000000, 0xFFFFFFF8, 0xFFFFFFFE, 0xFFFFFFFF, 86_400_000),
)


def changed(chance: Random, whole: bytes, changes: Sequence[Change], most: int = 3) -> bytes:
    """One to `most` of the changes, one upon the other."""
    for _ in range(chance.randint(1, most)):
        whole = chance.choice(changes)(chance, whole) if whole else whole
    return whole


def flipped(chance: Random, whole: bytes) -> bytes:
    """A few bits, half the time all of them near the beginning."""
    found, bits = bytearray(whole), min(MOST_BITS, 1 << chance.randrange(7))
    end = min(HEAD, len(found)) if chance.random() < 0.5 else len(found)
    for _ in range(bits):
        found[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return bytes(found)


def numbered(chance: Random, whole: bytes) -> bytes:
    """A number somewhere is one at which numbers go over."""
    place = chance.randrange(min(HEAD, len(whole)) if chance.random() < 0.5 else len(whole))
    number = edge(chance, 4, chance.choice(("big", "little")) == "big")
    return whole[:place] + number + whole[place + 4 :]


def edge(chance: Random, length: int, big: bool) -> bytes:
    """So many bytes."""
    number = chance.choice(EDGES) & ((1 << (8 * length)) - 1)
    return number.to_bytes(length, "big" if big else "little")


def cut(chance: Random, whole: bytes) -> bytes:
    return whole[: chance.randrange(len(whole))]


def beheaded(chance: Random, whole: bytes) -> bytes:
    return whole[chance.randrange(len(whole)) :]


def holed(chance: Random, whole: bytes) -> bytes:
    start, end = _stretch(chance, whole)
    return whole[:start] + whole[end:]


def zeroed(chance: Random, whole: bytes) -> bytes:
    start, end = _stretch(chance, whole)
    return whole[:start] + bytes(end - start) + whole[end:]


def noisy(chance: Random, whole: bytes) -> bytes:
    start, end = _stretch(chance, whole)
    return whole[:start] + chance.randbytes(end - start) + whole[end:]


def doubled(chance: Random, whole: bytes) -> bytes:
    start, end = _stretch(chance, whole)
    return whole[:end] + whole[start:]


def moved(chance: Random, whole: bytes) -> bytes:
    start, end = _stretch(chance, whole)
    rest = whole[:start] + whole[end:]
    place = chance.randint(0, len(rest))
    return rest[:place] + whole[start:end] + rest[place:]


def grown(chance: Random, whole: bytes) -> bytes:
    return whole + chance.randbytes(chance.randint(1, LONGEST))


def _stretch(chance: Random, whole: bytes) -> tuple[int, int]:
    """Short ones more often than long ones."""
    start = chance.randrange(len(whole))
    longest = min(LONGEST, len(whole) - start)
    return start, start + max(1, int(longest * chance.random() ** 3))


CHANGES: tuple[Change, ...] = (
    *(flipped, numbered, cut, beheaded, holed, zeroed, noisy, doubled, moved, grown),
    *(flipped, numbered),  # these leave most of it readable, and so lead furthest
)
