"""Marks of Markdown, HTML and JSX painted over, so that what people read is left."""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from html import unescape

from app.domain.writing.formats import TextFormat
from app.domain.writing.ink import DROPPED, OPAQUE, Spot, dropped, laid, painted, repainted, struck
from app.domain.writing.layout import EmphasisOf, Layout, label_of

#: Characters of an expression in braces; a longer one is a pair of braces by accident.
LONGEST_EXPRESSION = 20_000
#: Of the name by which a link finds its definition.
LONGEST_LABEL = 999
#: A paragraph of a book has a few thousand.
LONGEST_BLOCK = 100_000

_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~\n]")
_BRACE = re.compile(r"[{}]")
_LITERAL = re.compile(r"\{\s*([\"'`])([^\"'`]*)\1\s*\}")
_ADDRESS = re.compile(
    r"<((?:https?|ftp|mailto):[^\s<>]{1,2000}+|[^\s<>@\"']{1,100}@[^\s<>@\"']{1,200})>"
)
_TAG = re.compile(
    r"""<(?:/?([A-Za-z][\w.:-]*+)"""
    r"""(?:[^<>"'{}]++|"[^"]{0,2000}+"|'[^']{0,2000}+'|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+|/?)>"""
)
#: Of Markdown, by CommonMark: any other words in angle brackets are words. Signs of a quote may
#: stand in it, painted over.
_HTML_TAG = re.compile(
    r"""<(?:/(?=[A-Za-z0-9-]++[\s\0]*+>))?([A-Za-z][A-Za-z0-9-]*+)"""
    r"""(?:[\s\0]++[A-Za-z_:][\w.:-]*+(?:[\s\0]*+=[\s\0]*+"""
    r"""(?:[^\s\0"'=<>`]++|"[^"]{0,2000}+"|'[^']{0,2000}+'))?+)*+[\s\0]*+/?>""",
    re.ASCII,
)
#: What a reader sees of a tag itself.
_SHOWN = re.compile(
    r"(?<![\w-])(?:alt|title|label|caption|summary)=(\"[^\"]{1,2000}\"|'[^']{1,2000}')"
)
#: They stand in the middle of words.
_INLINE = frozenset(
    "a abbr b bdi cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup"
    " u var wbr".split()
)
#: Where a link leads to, and its title. With a blank in the first of them it is no link.
_TARGET = (
    r"\([ \t\n]*+(?:[^\s()]++|\((?:[^\s()]++|\([^\s()]*+\))*+\))*+"
    r"(?:[ \t\n]++(?:\"[^\"]{0,2000}+\"|'[^']{0,2000}+'|\([^()]{0,2000}+\)))?+[ \t\n]*+\)"
)
_LINK = re.compile(rf"!?\[|\](?:{_TARGET}|\[[^\[\]\n]{{0,300}}\])?|\n[ \t]*(?=\n)")
#: Behind the sign of an item, which is painted over.
_TASK = re.compile(r"^\x00++\[[ xX]\](?=[ \t])", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,100}\]:?")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EMPHASIS = re.compile(r"[*_]")
_STRUCK = re.compile("~~")
#: What is painted over was a sign, or stood between signs.
_SIGNS = str.maketrans({DROPPED: ".", OPAQUE: "."})


def comments(sheet: str) -> str:
    return _between(sheet, "<!--", "-->")


def escapes(sheet: str) -> str:
    """A sign behind a backslash is no mark; a backslash at the end of a line breaks it."""

    def spots(match: re.Match[str]) -> Iterator[Spot]:
        yield match.start(), match.start() + 1, DROPPED
        if match[0][1] != "\n":
            yield match.start() + 1, match.end(), OPAQUE

    return repainted(_ESCAPE, sheet, spots)


def expressions(sheet: str) -> str:
    """Without what stands in braces; of a plain string in them, the string is kept."""
    opened: list[int] = []
    outermost: list[tuple[int, int]] = []
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened and brace.end() - (start := opened.pop()) <= LONGEST_EXPRESSION:
            while outermost and outermost[-1][0] > start:
                outermost.pop()
            outermost.append((start, brace.end()))
    spots = (spot for start, end in outermost for spot in _expression(sheet, start, end))
    return painted(sheet, spots)


def _expression(sheet: str, start: int, end: int) -> Iterator[Spot]:
    literal = _LITERAL.fullmatch(sheet, start, end)
    if literal is None:
        yield from struck(sheet, start, end)
        return
    yield start, literal.start(2), DROPPED
    yield literal.start(2), literal.end(2), OPAQUE
    yield literal.end(2), end, DROPPED


def addresses(sheet: str) -> str:
    """Those in angle brackets are no tags."""

    def spots(match: re.Match[str]) -> Iterator[Spot]:
        yield match.start(), match.start(1), DROPPED
        yield match.start(1), match.end(1), OPAQUE
        yield match.end(1), match.end(), DROPPED

    return repainted(_ADDRESS, sheet, spots)


def tags(sheet: str, tag: re.Pattern[str] = _TAG) -> str:
    """What stands between them is kept, and what a reader sees of the tags themselves."""
    for name in ("script", "style"):
        sheet = _between(sheet, f"<{name}", f"</{name}>")

    def spots(match: re.Match[str]) -> Iterator[Spot]:
        told = list(_SHOWN.finditer(sheet, match.start(), match.end()))
        ink = DROPPED if not told and (match[1] or "").lower() in _INLINE else " "
        place = match.start()
        for shown in told:
            yield from struck(sheet, place, shown.start(1) + 1, ink)
            yield shown.start(1) + 1, shown.end(1) - 1, OPAQUE
            place = shown.end(1) - 1
        yield from struck(sheet, place, match.end(), ink)

    return repainted(tag, sheet, spots)


def links(sheet: str, definitions: Container[str], source: str) -> str:
    """Their words are kept, and of pictures the words that stand for them.

    Without a definition there is no link: labels are as they are written in the `source`.
    """
    sheet = dropped(_TASK, dropped(_FOOTNOTE, sheet))
    spots: list[Spot] = []
    opened: list[re.Match[str]] = []
    for token in _LINK.finditer(sheet):
        if token[0].endswith("[") and not token[0].startswith("]"):
            opened.append(token)
        elif token[0].startswith("\n"):
            opened.clear()
        elif opened:
            opening = opened.pop()
            if token[0].startswith("](") or _label(source, opening, token) in definitions:
                spots += [(*opening.span(), DROPPED), (*token.span(), DROPPED)]
    return painted(sheet, sorted(spots))


def _label(source: str, opening: re.Match[str], closing: re.Match[str]) -> str | None:
    """The second of two names, if it has any letters."""
    start, end = opening.end(), closing.start()
    if len(closing[0]) > len("][]"):
        start, end = closing.start() + len("]["), closing.end() - 1
    return label_of(source[start:end]) if end - start <= LONGEST_LABEL else None


def emphasis(sheet: str, ends: Sequence[int], emphasis_of: EmphasisOf) -> str:
    """Block by block; one that is too long for one keeps its signs."""
    spots, start = list[Spot](), 0
    signs = dropped(_STRUCK, sheet).translate(_SIGNS)
    for end in ends:
        if end - start <= LONGEST_BLOCK and _EMPHASIS.search(signs, start, end):
            places = (start + place for place in emphasis_of(signs[start:end]))
            spots += ((place, place + 1, DROPPED) for place in places)
        start = end
    return painted(dropped(_STRUCK, sheet), spots)


def _between(sheet: str, first: str, last: str) -> str:
    spots: list[Spot] = []
    end = 0
    while (start := sheet.find(first, end)) >= 0 and (end := sheet.find(last, start)) >= 0:
        end += len(last)
        spots += struck(sheet, start, end)
    return painted(sheet, spots)


def entities(sheet: str) -> str:
    """Letters that are spelt out; the few that stand for two stay as they are."""

    def spots(match: re.Match[str]) -> Iterator[Spot]:
        letter = unescape(match[0])
        if len(letter) == 1 and (letter.isprintable() or letter.isspace()):
            yield match.start(), match.start() + 1, " " if letter.isspace() else letter
            yield match.start() + 1, match.end(), DROPPED

    return repainted(_ENTITY, sheet, spots)


def passes(
    text_format: TextFormat, layout: Layout, emphasis_of: EmphasisOf, source: str
) -> tuple[Callable[[str], str], ...]:
    """In this order, behind code and headings."""
    of_mdx = text_format is TextFormat.MDX
    return (
        *(escapes, partial(cells, rows=layout.rows), *((expressions,) if of_mdx else ())),
        *(comments, addresses, partial(tags, tag=_TAG if of_mdx else _HTML_TAG)),
        partial(links, definitions=layout.definitions, source=source),
        partial(emphasis, ends=layout.ends, emphasis_of=emphasis_of),
        entities,
    )


def cells(sheet: str, rows: Sequence[int]) -> str:
    """Rows of tables, from, to, without what stands between their cells."""
    return laid(sheet.replace("|", " "), sheet, rows) if rows else sheet
