"""Markup is painted over, never cut out: so every place keeps its number.

The sheet that is worked on has as many characters as the text. What is dropped turns into
`DROPPED`; what is code, and must not be taken for markup, into `OPAQUE`. In the end the sheet is
laid over the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

DROPPED, OPAQUE = "\x00", "\x01"
#: From, to, and what is painted there.
Spot: TypeAlias = tuple[int, int, str]

_LINE = re.compile(r"[^\n]+")
_UNCODED = re.compile(f"[^\n{OPAQUE}]+")
_CODE = re.compile(f"{OPAQUE}+")


def blank(text: str) -> str:
    """A sheet with nothing painted on it."""
    return text.replace(DROPPED, " ").replace(OPAQUE, " ").replace("\r\n", " \n")


def painted(sheet: str, spots: Iterable[Spot]) -> str:
    """`spots` in order, none over another."""
    parts, place = list[str](), 0
    for start, end, ink in spots:
        parts += sheet[place:start], ink * (end - start)
        place = end
    return "".join((*parts, sheet[place:]))


def struck(sheet: str, start: int, end: int, ink: str = DROPPED) -> Iterator[Spot]:
    """All but the ends of lines."""
    for line in _LINE.finditer(sheet, start, end):
        yield line.start(), line.end(), ink


def laid(sheet: str, below: str, places: Sequence[int]) -> str:
    """The sheet over another one, from place to place, in order; nothing of it elsewhere."""
    parts, place = list[str](), 0
    for start, end in zip(places[::2], places[1::2], strict=True):
        parts += below[place:start], sheet[start:end]
        place = end
    return "".join((*parts, below[place:]))


def uncoded(sheet: str) -> str:
    """Nothing of it but its code."""
    return dropped(_UNCODED, sheet)


def dropped(pattern: re.Pattern[str], sheet: str, ink: str = DROPPED) -> str:
    """Without all that matches."""
    return pattern.sub(lambda match: ink * len(match[0]), sheet)


def repainted(
    pattern: re.Pattern[str], sheet: str, spots: Callable[[re.Match[str]], Iterator[Spot]]
) -> str:
    """With the `spots` that each match gives."""
    return painted(sheet, (spot for match in pattern.finditer(sheet) for spot in spots(match)))


def seen(sheet: str, text: str) -> str:
    """What people see of the text, every place where it was; `DROPPED` where there is nothing."""
    return _CODE.sub(lambda match: blank(text[match.start() : match.end()]), sheet)
