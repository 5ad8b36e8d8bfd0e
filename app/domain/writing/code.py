"""Code in a text: kept letter by letter, and nothing in it is markup."""

import re
from collections.abc import Iterable, Iterator, Sequence

from app.domain.writing.ink import DROPPED, OPAQUE, Spot, painted, struck
from app.domain.writing.layout import CodeBlock, Span

#: Of the line that opens it: what its readers see above it.
_TITLE = re.compile(r"\b(?:title|path|file|filename)=(\"[^\"]{1,300}\"|'[^']{1,300}')")
#: An escape, or backticks.
_TICKS = re.compile(r"\\[^\n`]|`+")


def code_blocks(sheet: str, blocks: Iterable[CodeBlock]) -> str:
    """Painted over: their lines and titles are kept, and what makes them code is not."""
    return painted(sheet, (spot for block in blocks for spot in _block(sheet, block)))


def _block(sheet: str, block: CodeBlock) -> Iterator[Spot]:
    """Ends of lines stay."""
    place = block.start
    for start, end in (*_title(sheet, block), *block.lines):
        yield from struck(sheet, place, start)
        yield start, end, OPAQUE
        place = end
    yield from struck(sheet, place, block.end)


def _title(sheet: str, block: CodeBlock) -> Iterator[Span]:
    """Nothing is kept of the line that opens it but the title."""
    if title := _TITLE.search(sheet, *block.opening):
        yield title.start(1) + 1, title.end(1) - 1


def code_spans(sheet: str, ends: Sequence[int]) -> str:
    """Between backticks of one block. Their number at both ends is the same."""
    spots, block, number = list[Spot](), list[re.Match[str]](), 0
    for token in _TICKS.finditer(sheet):
        begun = number
        while number < len(ends) and ends[number] <= token.start():
            number += 1
        if number > begun:
            spots += _paired(block)
            block = []
        if token[0].startswith("`"):
            block.append(token)
    return painted(sheet, spots + _paired(block))


def _paired(ticks: list[re.Match[str]]) -> list[Spot]:
    following: dict[int, int] = {}
    partner = {}
    for number in reversed(range(len(ticks))):
        partner[number] = following.get(len(ticks[number][0]))
        following[len(ticks[number][0])] = number
    spots: list[Spot] = []
    number = 0
    while number < len(ticks):
        other = partner[number]
        if other is not None:
            first, last = ticks[number], ticks[other]
            spots.append((first.start(), first.end(), DROPPED))
            spots.append((first.end(), last.start(), OPAQUE))
            spots.append((last.start(), last.end(), DROPPED))
            number = other
        number += 1
    return spots
