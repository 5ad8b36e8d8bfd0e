"""Imports and exports of MDX: what a site needs, and no reader sees."""

import re

from app.domain.writing.ink import Spot, painted, struck

#: Of an export that has empty lines in it.
MOST_PARAGRAPHS = 50

#: With more than the word, for a paragraph may begin with it, too.
_STATEMENT = re.compile(
    r"(?P<import>import\b(?=[\s\"'{*]))"
    r"|export\s*(?:[{*]|(?<=\s)(?:default\b|(?:const|let|var|type)\s+(?:[\w$]++\s*+[=:;,<]|[\[{])"
    r"|(?:async\s+)?function\b\s*+\*?\s*+[\w$]++\s*+[(<]"
    r"|(?:abstract\s+)?class\s+[\w$]++\s*+(?:extends\b|[{<])|(?:interface|enum)\s+[\w$]++\s*+[{<]))"
)
_IMPORTED = re.compile(
    r"import\s*+(?:type\s++)?(?:[\w$]++\s*+,?\s*+)?(?:\{[^{}]*+\}|\*\s*+as\s+[\w$]++)?\s*+(?<!import)"
    r"\bfrom\s*+[\"'][^\"'\n]++[\"']|import\s*+[\"'][^\"'\n]++[\"']"
)
_NO_LINE = re.compile(r"\n[ \t]*(?=\n)|\Z")
#: Behind the end of a paragraph: the next statement. Braces before it are not closed behind it.
_ANOTHER = re.compile(r"(?:[ \t]*+\n)*+(?:import|export)\b")
#: A line behind which a block begins: an empty one, one that is painted over, or a heading.
_BLOCK = re.compile(r"(?:[\x00\x01 \t]*|#{1,6}[ \t][^\n]*)(?:\n|\Z)")


def modules(sheet: str) -> str:
    """Without imports and exports, each to the end of its paragraph, or of its braces.

    They begin a block, as MDX wants it: in the midst of a paragraph they are words.
    """
    spots: list[Spot] = []
    place, begins = 0, True
    while place < len(sheet):
        end = _statement_end(sheet, place) if begins and _is_statement(sheet, place) else None
        if end is not None:
            spots += struck(sheet, place, end)
            place = end
        begins = end is None and _BLOCK.match(sheet, place) is not None
        place = sheet.find("\n", place) + 1 or len(sheet)
    return painted(sheet, spots)


def _is_statement(sheet: str, place: int) -> bool:
    found = _STATEMENT.match(sheet, place)
    if found is None or not found["import"]:
        return found is not None
    whole = _IMPORTED.match(sheet, place)
    return whole is not None and whole.end() <= _paragraph_end(sheet, place)


def _statement_end(sheet: str, start: int) -> int:
    """Where its braces are closed; the end of its paragraph where they never are."""
    first = place = _paragraph_end(sheet, start)
    depth = _depth(sheet[start:first])
    for _ in range(MOST_PARAGRAPHS):
        if depth <= 0:
            return place
        if _ANOTHER.match(sheet, place):
            break
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
