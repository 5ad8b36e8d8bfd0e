"""Of what blocks a text is made. All places are characters of it, ends behind the last of them."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.domain.writing.formats import TextFormat

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Where a heading is, its signs with it."""

    level: int
    start: int
    end: int
    #: Of its words.
    words: Span
    #: The name that its author gave it.
    anchor: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeBlock:
    #: Of its lines, fences and title with them.
    start: int
    end: int
    #: Of the line that opens it; empty where four spaces do.
    opening: Span
    #: What is kept letter by letter.
    lines: tuple[Span, ...]


def label_of(written: str) -> str:
    """By which a link finds its definition."""
    return " ".join(written.split()).casefold()


def _places() -> "array[int]":
    return array("q")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A text of five million characters may have a million lines: most is told in plain numbers."""

    #: From, to, from, to, in order: what is written, without the signs that make blocks of it.
    shown: "array[int]" = field(default_factory=_places)
    #: Where blocks end: no mark in a line reaches across.
    ends: "array[int]" = field(default_factory=_places)
    #: From, to: rows of tables.
    rows: "array[int]" = field(default_factory=_places)
    #: From, to: what is drawn under the heads of tables, the end of the line with it.
    rules: "array[int]" = field(default_factory=_places)
    #: Labels of links, as `label_of` writes them.
    definitions: set[str] = field(default_factory=set)
    marks: list[Mark] = field(default_factory=list)
    code: list[CodeBlock] = field(default_factory=list)


#: Tells where in a block the stars and underscores are that are marks, in order.
EmphasisOf: TypeAlias = Callable[[str], Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Markdown:
    """Its rules, as far as they are not our own."""

    #: Of what blocks a text is made.
    layout_of: Callable[[str, TextFormat], Layout]
    emphasis_of: EmphasisOf
