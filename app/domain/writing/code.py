"""Code in a text: kept letter by letter, and nothing in it is markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.domain.writing.ink import DROPPED, OPAQUE, Spot, painted

#: Also in a quote, and right behind the mark of a list.
_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)")
#: Of the line that opens it: what its readers see above it.
_TITLE = re.compile(r"\b(?:title|path|file|filename)=(\"[^\"]{1,300}\"|'[^']{1,300}')")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_DEEP = re.compile(r"(?: {4}|\t)[ \t]*\S")
#: An escape, backticks, or the end of a paragraph.
_TICKS = re.compile(r"\\[^\n`]|`+|\n[ \t]*(?=\n)")


@dataclass(frozen=True, kw_only=True)
class CodeBlock:
    #: Of its lines, fences and title with them.
    start: int
    end: int
    #: By four spaces, without fences.
    indented: bool = False


@dataclass(frozen=True, kw_only=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def code_blocks(sheet: str, *, indented: bool) -> tuple[str, list[CodeBlock]]:
    """Between fences, to the end where the second is missing; `indented`: also by four spaces."""
    spots: list[Spot] = []
    blocks = []
    lines = _lines(sheet)
    before = _Before()
    for line in lines:
        fence = _opened(line.text)
        if fence is not None:
            opening, end, found = line, line.end, []
            for line in lines:
                end = line.end
                if _closes(line.text, fence[1]):
                    found.append((line.start, line.end, DROPPED))
                    break
                found.append((line.start, line.end, OPAQUE))
            spots += [*_heading(opening, fence), *found]
            blocks.append(CodeBlock(start=opening.start, end=end))
        elif indented and before.lets_code_begin(line.text):
            spots.append((line.start, line.end, OPAQUE))
            blocks.append(CodeBlock(start=line.start, end=line.end, indented=True))
        before.pass_by(line.text, code=bool(blocks) and blocks[-1].end == line.end)
    return painted(sheet, _without_breaks(spots, sheet)), _joined(blocks, sheet)


class _Before:
    """What stood above a line: whether four spaces make it code depends on that."""

    def __init__(self) -> None:
        self._open = True
        self._in_list = False

    def lets_code_begin(self, line: str) -> bool:
        return self._open and not self._in_list and _DEEP.match(line) is not None

    def pass_by(self, line: str, *, code: bool) -> None:
        self._open = code or not line.strip()
        if line.strip() and not code and not line.startswith((" ", "\t")):
            self._in_list = _ITEM.match(line) is not None


def _lines(sheet: str) -> Iterator[_Line]:
    """With their ends."""
    start = 0
    while start < len(sheet):
        end = sheet.find("\n", start) + 1 or len(sheet)
        yield _Line(start=start, text=sheet[start:end])
        start = end


def _opened(line: str) -> re.Match[str] | None:
    fence = _FENCE.match(line)
    return None if fence is None or (fence[1][0] == "`" and "`" in fence[2]) else fence


def _closes(line: str, mark: str) -> bool:
    bare = line.strip(" \t\r\n>")
    return len(bare) >= len(mark) and not bare.strip(mark[0])


def _heading(line: _Line, fence: re.Match[str]) -> Iterator[Spot]:
    """Nothing is kept of the line that opens it but the title."""
    title = _TITLE.search(line.text, fence.end(1))
    if title is None:
        yield line.start, line.end, DROPPED
        return
    first, last = line.start + title.start(1) + 1, line.start + title.end(1) - 1
    yield line.start, first, DROPPED
    yield first, last, OPAQUE
    yield last, line.end, DROPPED


def _without_breaks(spots: list[Spot], sheet: str) -> Iterator[Spot]:
    """Ends of lines stay, whatever the line is."""
    for start, end, ink in spots:
        yield start, end - 1 if sheet[start:end].endswith("\n") else end, ink


def _joined(blocks: list[CodeBlock], sheet: str) -> list[CodeBlock]:
    """Indented lines, with nothing between them, into one."""
    joined: list[CodeBlock] = []
    for block in blocks:
        if joined and block.indented and joined[-1].indented:
            if not sheet[joined[-1].end : block.start].strip():
                joined[-1] = replace(joined[-1], end=block.end)
                continue
        joined.append(block)
    return joined


def code_spans(sheet: str) -> str:
    """Between backticks within a line of thought. Their number at both ends is the same."""
    spots, paragraph = [], list[re.Match[str]]()
    for token in _TICKS.finditer(sheet):
        if token[0].startswith("`"):
            paragraph.append(token)
        elif token[0].startswith("\n"):
            spots += _paired(paragraph)
            paragraph = []
    return painted(sheet, spots + _paired(paragraph))


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
