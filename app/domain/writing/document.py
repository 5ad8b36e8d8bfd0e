"""A text as its readers see it: sections under headings, and passages that are found one by one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from app.domain.errors import MediaTooLarge
from app.domain.writing.anchors import Anchors
from app.domain.writing.apart import set_apart
from app.domain.writing.code import code_blocks, code_spans
from app.domain.writing.formats import TextFormat
from app.domain.writing.front_matter import front_matter_of
from app.domain.writing.headings import headings
from app.domain.writing.ink import DROPPED, blank, laid, painted, seen, struck, uncoded
from app.domain.writing.layout import CodeBlock, Layout, Mark, Markdown
from app.domain.writing.markup import passes
from app.domain.writing.modules import modules

#: Characters of a passage: about as much as a sentence embedding still holds together.
MAX_LENGTH = 600
#: A passage that has to be cut has at least this many.
MIN_LENGTH = 200
#: Of a heading: each passage under it carries its name, and each of the text may carry its words.
LONGEST_HEADING = 200
#: Passages of a text. A long novel has some ten thousand; headings alone would make a million.
MOST_PASSAGES = 30_000

_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile("[.!?…][\"'”’»)\\]]*\\s|[。！？।؟]")  # noqa: RUF001
_BREAKS = (_SENTENCE_END, re.compile(r"\n"), re.compile(r"[\s,;:]"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    text: str
    #: 1 for the highest.
    level: int
    #: Its name in an address.
    anchor: str
    #: Character of the text at which it begins.
    start: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """What is found as one."""

    #: Without marks.
    text: str
    #: Of the heading that it stands under; empty above the first.
    anchor: str
    #: Characters of the text, marks with them.
    start: int
    end: int
    code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    headings: tuple[Heading, ...]
    passages: tuple[Passage, ...]

    @property
    def title(self) -> str | None:
        """Its first heading of the highest level that it has."""
        highest = min((heading.level for heading in self.headings), default=0)
        told = (each.text for each in self.headings if each.level == highest and each.text)
        return next(told, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """A part of the text between two blank lines, or less."""

    start: int
    end: int
    text: str
    heading: Heading | None = None
    code: bool = False


#: Gives a text as its readers see it.
Reading: TypeAlias = Callable[[str, TextFormat], Document]


def document_of(text: str, text_format: TextFormat, markdown: Markdown) -> Document:
    """Takes a second or two for each million characters; of nothing but marks, some fifteen.

    Raises MediaTooLarge when it has more passages than a text may have.
    """
    if not text_format.marked_up:
        plain = _prose(blank(text), 0, len(text))
        return Document(headings=(), passages=tuple(_bounded(_passages(plain))))
    sheet = blank(text)
    if front := front_matter_of(text):
        sheet = painted(sheet, struck(sheet, 0, front.length))
    source, apart = set_apart(sheet.replace(DROPPED, " "), text_format)
    layout = markdown.layout_of(source, text_format)
    sheet = code_blocks(sheet, layout.code)
    if text_format is TextFormat.MDX:
        sheet = modules(sheet)
    paint = passes(text_format, layout, markdown.emphasis_of, source)
    shown, marks = _read(sheet, layout, apart, paint)
    found = list[Heading]()
    passages = _bounded(_passages(_noted(_pieces(seen(shown, text), marks, layout.code), found)))
    return Document(passages=tuple(passages), headings=tuple(found))


def _read(
    sheet: str, layout: Layout, apart: Sequence[int], paint: Iterable[Callable[[str], str]]
) -> tuple[str, list[Mark]]:
    """Painted over all that readers do not see; and where the headings are."""
    sheet = laid(sheet, _of_blocks(sheet, layout), apart)
    sheet, marks = headings(code_spans(sheet, layout.ends), layout.marks)
    for over in paint:
        sheet = over(sheet)
    return sheet, marks


def _of_blocks(sheet: str, layout: Layout) -> str:
    """Without the signs that make blocks of lines."""
    words = laid(sheet, uncoded(sheet), layout.shown)
    rules = zip(layout.rules[::2], layout.rules[1::2], strict=True)
    return painted(words, ((start, end, DROPPED) for start, end in rules))


def _pieces(shown: str, marks: list[Mark], blocks: list[CodeBlock]) -> Iterator[_Piece]:
    """Headings, code and what stands between them, in the order of the text."""
    anchors, place = Anchors(), 0
    places: list[Mark | CodeBlock] = [*marks, *blocks]
    for each in sorted(places, key=lambda each: each.start):
        if each.start < place:
            continue
        yield from _prose(shown, place, each.start)
        place = each.end
        if isinstance(each, CodeBlock):
            yield from _code(shown, each)
        else:
            yield from _heading(shown, each, anchors)
    yield from _prose(shown, place, len(shown))


def _heading(shown: str, mark: Mark, anchors: Anchors) -> Iterator[_Piece]:
    """A long one is cut as prose is; all that stands under it is said to be under its beginning."""
    text = _folded(shown[mark.start : mark.end])
    told = text[:LONGEST_HEADING].strip()
    anchor = anchors.keep(mark.anchor) if mark.anchor else anchors.name(told)
    heading = Heading(text=told, level=mark.level, anchor=anchor, start=mark.start)
    if text and len(text) <= MAX_LENGTH:
        yield _Piece(start=mark.start, end=mark.end, text=text, heading=heading)
    elif text:
        first, *rest = _prose(shown, mark.start, mark.end)
        yield replace(first, heading=heading)
        yield from rest


def _code(shown: str, block: CodeBlock) -> Iterator[_Piece]:
    for start, end in _parts(shown, block.start, block.end, (re.compile(r"\n"),)):
        lines = shown[start:end].replace(DROPPED, "").strip("\n").rstrip()
        if lines.strip():
            yield _Piece(start=start, end=end, text=lines, code=True)


def _prose(shown: str, start: int, end: int) -> Iterator[_Piece]:
    for paragraph in _paragraphs(shown, start, end):
        for first, last in _parts(shown, *paragraph, _BREAKS):
            if text := _folded(shown[first:last]):
                yield _Piece(start=first, end=last, text=text)


def _paragraphs(shown: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """From the first to the last of lines between which none is empty."""
    begun = None
    while start < end:
        line = shown.find("\n", start, end) + 1 or end
        if not shown[start:line].replace(DROPPED, "").strip():
            if begun is not None:
                yield begun, start
            begun = None
        elif begun is None:
            begun = start
        start = line
    if begun is not None:
        yield begun, end


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text.replace(DROPPED, "")).strip()


def _parts(
    shown: str, start: int, end: int, breaks: tuple[re.Pattern[str], ...]
) -> Iterator[tuple[int, int]]:
    """No longer than a passage, cut where one may best stop reading."""
    while end - start > MAX_LENGTH:
        cut = _cut(shown, start, breaks)
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _cut(shown: str, start: int, breaks: tuple[re.Pattern[str], ...]) -> int:
    for pattern in breaks:
        places = pattern.finditer(shown, start + MIN_LENGTH, start + MAX_LENGTH)
        if last := max((found.end() for found in places), default=0):
            return last
    return start + MAX_LENGTH


def _passages(pieces: Iterator[_Piece]) -> Iterator[Passage]:
    """Short neighbours under one heading together; a heading goes with what stands under it."""
    anchor, held = "", list[_Piece]()
    for piece in pieces:
        if held and not _belongs(piece, held):
            yield _passage(held, anchor)
            held = []
        if piece.heading:
            anchor = piece.heading.anchor
        held.append(piece)
    if held:
        yield _passage(held, anchor)


def _bounded(passages: Iterator[Passage]) -> Iterator[Passage]:
    for number, passage in enumerate(passages):
        if number == MOST_PASSAGES:
            raise MediaTooLarge(f"a text may have {MOST_PASSAGES} passages, and it has more")
        yield passage


def _noted(pieces: Iterator[_Piece], headings: list[Heading]) -> Iterator[_Piece]:
    """As they are; their headings are told of on the way."""
    for piece in pieces:
        if piece.heading:
            headings.append(piece.heading)
        yield piece


def _belongs(piece: _Piece, held: list[_Piece]) -> bool:
    length = sum(len(each.text) + 1 for each in held)
    return (
        not piece.heading and piece.code == held[-1].code and length < MAX_LENGTH - len(piece.text)
    )


def _passage(held: list[_Piece], anchor: str) -> Passage:
    return Passage(
        text="\n".join(each.text for each in held),
        anchor=anchor,
        start=held[0].start,
        end=held[-1].end,
        code=held[-1].code,
    )
