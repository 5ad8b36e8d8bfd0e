"""Imports and exports of MDX: what a site needs, and no reader sees."""

import re

from app.domain.writing.ink import Spot, painted, struck

#: Of an export that has empty lines in it.
MOST_PARAGRAPHS = 50

_IMPORT = re.compile(
    r"^(?:import\s*(?:[\w$*{][^\n]*|[\"'][^\n]*)|export\s+(?:default|const|let|var|function|class"
    r"|async|\{|\*)[^\n]*)",
    re.MULTILINE,
)
_IMPORTED = re.compile(r"import\s*(?:[\"'][^\"'\n]+[\"']|[\w$*{][^;]{0,2000}?\sfrom\s+[\"'])")
_NO_LINE = re.compile(r"\n[ \t]*(?=\n)|\Z")


def modules(sheet: str) -> str:
    """Without imports and exports, each to the end of its paragraph, or of its braces."""
    spots: list[Spot] = []
    place = 0
    while found := _IMPORT.search(sheet, place):
        place = found.end()
        if found[0].startswith("import") and not _IMPORTED.match(sheet, found.start()):
            continue
        place = _statement_end(sheet, found.start())
        spots += struck(sheet, found.start(), place)
    return painted(sheet, spots)


def _statement_end(sheet: str, start: int) -> int:
    """Where its braces are closed; the end of its paragraph where they never are."""
    first = place = _paragraph_end(sheet, start)
    depth = _depth(sheet[start:first])
    for _ in range(MOST_PARAGRAPHS):
        if depth <= 0:
            return place
        following = _paragraph_end(sheet, place + 1)
        depth += _depth(sheet[place:following])
        place = following
    return first


def _paragraph_end(sheet: str, place: int) -> int:
    end = _NO_LINE.search(sheet, place)
    return end.start() if end else len(sheet)


def _depth(part: str) -> int:
    """How many brackets are open behind it."""
    return sum(map(part.count, "{([")) - sum(map(part.count, "})]"))
