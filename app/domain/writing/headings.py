"""Headings in a text: those that are blocks of it, and those between tags."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.domain.writing.ink import DROPPED, Spot, painted
from app.domain.writing.layout import Mark

#: Characters of a heading between tags.
LONGEST_TAGGED = 500

#: On one line.
_TAG = re.compile(r"<h([1-6])\b([^<>\n]{0,500}+)>")
#: The name that its author gave it: `{#name}`, or in MDX, where braces hold code, `{/* #name */}`.
_NAMED = re.compile(r"[ \t]*\{(?:#([^\s{}]+)|/\*[ \t]*#([^\s{}]+)[ \t]*\*/)\}[ \t]*$")
_ID = re.compile(r"\bid=[{]?[\"']([^\"'\s]+)[\"']")


def headings(sheet: str, known: Iterable[Mark]) -> tuple[str, list[Mark]]:
    """In the order of the text, and the sheet without the names that authors gave."""
    found = [*(_named(sheet, mark) for mark in known), *_tagged(sheet)]
    marks, spots, place = list[Mark](), list[Spot](), 0
    for mark, ink in sorted(found, key=lambda each: each[0].start):
        if mark.start >= place:
            marks.append(mark)
            spots += ink
            place = mark.end
    return painted(sheet, spots), marks


def _named(sheet: str, mark: Mark) -> tuple[Mark, list[Spot]]:
    start, end = mark.words
    named = _NAMED.search(sheet[max(start, end - 200) : end])
    if named is None:
        return mark, []
    return replace(mark, anchor=named[1] or named[2]), [(end - len(named[0]), end, DROPPED)]


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
        words = tag.end(), end
        yield Mark(level=int(tag[1]), start=tag.start(), end=place, words=words, anchor=anchor), []
