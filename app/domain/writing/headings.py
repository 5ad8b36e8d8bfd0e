"""Headings in a text, by all the ways to write one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.writing.ink import DROPPED, Spot, painted

#: Characters of a heading between tags.
LONGEST_TAGGED = 500

#: Under a paragraph; of tags, on one line; behind number signs.
_UNDERLINE = re.compile(r"^[ \t>]{0,6}(=+|-+)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"<h([1-6])\b([^<>\n]{0,500}+)>")
_SIGNS = re.compile(r"^[ \t>]*+(#{1,6})(?=[ \t\n]|\Z)([^\n]*)", re.MULTILINE)
_CLOSING_SIGNS = re.compile(r"(?:^|[ \t])#+[ \t]*$")
#: The name that its author gave it: `{#name}`, or in MDX, where braces hold code, `{/* #name */}`.
_NAMED = re.compile(r"[ \t]*\{(?:#([^\s{}]+)|/\*[ \t]*#([^\s{}]+)[ \t]*\*/)\}[ \t]*$")
_ID = re.compile(r"\bid=[{]?[\"']([^\"'\s]+)[\"']")
#: Such a line is none of a paragraph that has a line under it.
_OTHER = re.compile(r"[ \t]*(?:[-*+>|#]|\d{1,9}[.)]|:::)(?:[ \t]|\Z)|[ \t]*[|>]|[\x00\x01 \t]*$")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Where a heading is."""

    level: int
    start: int
    end: int
    #: The name that its author gave it.
    anchor: str | None = None


def headings(sheet: str) -> tuple[str, list[Mark]]:
    """In the order of the text, and the sheet without their signs and names."""
    found = [*_signed(sheet), *_underlined(sheet), *_tagged(sheet)]
    marks, spots, place = [], list[Spot](), 0
    for mark, ink in sorted(found, key=lambda each: each[0].start):
        if mark.start >= place:
            marks.append(mark)
            spots += ink
            place = mark.end
    return painted(sheet, spots), marks


def _signed(sheet: str) -> Iterator[tuple[Mark, list[Spot]]]:
    for line in _SIGNS.finditer(sheet):
        text, until = line[2], line.end()
        named = _NAMED.search(text[-200:])
        if named:
            until = line.end() - len(named[0])
        closing = _CLOSING_SIGNS.search(sheet, line.start(2), until)
        if closing:
            until = closing.start()
        spots = [(line.start(), line.end(1), DROPPED), (until, line.end(), DROPPED)]
        yield _mark(len(line[1]), line.start(), line.end(), named), spots


def _underlined(sheet: str) -> Iterator[tuple[Mark, list[Spot]]]:
    for line in _UNDERLINE.finditer(sheet):
        start, rows = line.start(), 0
        while start > 0 and rows < 5:
            above = sheet.rfind("\n", 0, start - 1) + 1
            if _OTHER.match(sheet[above : start - 1]):
                break
            start, rows = above, rows + 1
        if rows:
            named = _NAMED.search(sheet[max(start, line.start() - 200) : line.start() - 1])
            spots = [(line.start(), line.end(), DROPPED)]
            if named:
                last = line.start() - 1
                spots.insert(0, (last - len(named[0]), last, DROPPED))
            level = 1 if line[1].startswith("=") else 2
            yield _mark(level, start, line.end(), named), spots


def _tagged(sheet: str) -> Iterator[tuple[Mark, list[Spot]]]:
    place = 0
    while tag := _TAG.search(sheet, place):
        closing = f"</h{tag[1]}>"
        place = tag.end()
        end = sheet.find(closing, place + 1, place + LONGEST_TAGGED + len(closing))
        if end < 0 or "\n" in sheet[place:end]:
            continue
        named = _ID.search(tag[2])
        anchor = named[1] if named else None
        place = end + len(closing)
        yield Mark(level=int(tag[1]), start=tag.start(), end=place, anchor=anchor), []


def _mark(level: int, start: int, end: int, named: re.Match[str] | None) -> Mark:
    anchor = (named[1] or named[2]) if named else None
    return Mark(level=level, start=start, end=end, anchor=anchor)
