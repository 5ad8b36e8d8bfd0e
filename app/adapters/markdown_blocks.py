"""Blocks of Markdown by markdown-it-py, which knows what lines are by CommonMark.

Only that is asked of it: marks in a line it finds without their places. Of its tokens, a million
for a long list, none is kept longer than until the next one comes.
"""

import re
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from app.domain.writing.formats import TextFormat
from app.domain.writing.layout import CodeBlock, Layout, Mark, Span, label_of

#: A line that the library passes over, so deep it is, is words; signs alone are none.
_WORDS = re.compile(r"[^\W_]")
_EMPTY_ITEM = re.compile(r"[ \t>]*\d{1,9}[.)][ \t]*")


def layout_of(source: str, text_format: TextFormat) -> Layout:
    parser = _parser(text_format)
    lines = _Lines(source, parser, {}, [])
    parser.block.tokenize(lines, 0, lines.lineMax)
    return lines.whole()


@cache
def _parser(text_format: TextFormat) -> MarkdownIt:
    """MDX has no code by four spaces, and no HTML: between its tags is Markdown."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.block.ruler.at("reference", _definition)
    return parser.disable(["code", "html_block"]) if text_format is TextFormat.MDX else parser


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Of a link: nothing that readers see. A footnote looks like one, and is words."""
    if state.src.startswith("[^", state.bMarks[start] + state.tShift[start]):
        return False
    found = reference(state, start, end, silent)
    if found and isinstance(state, _Lines):
        state.settle()
        state.pass_by(start, state.line)
    return found


class _Lines(StateBlock):
    def __init__(self, src: str, md: MarkdownIt, env: dict[str, object], tokens: list[Token]):
        super().__init__(src, md, env, tokens)
        self.layout = Layout()
        self._begins = list(self.bMarks)  # a quote moves its own
        self._held: Token | None = None
        self._opened: Token | None = None
        self._row = 0

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """The library fills a token in after this: the one before is whole now."""
        self.settle()
        self._held = super().push(ttype, tag, nesting)
        self.tokens.clear()
        return self._held

    def whole(self) -> Layout:
        self.settle()
        self.pass_by(self.lineMax, self.lineMax)
        self.layout.definitions.update(map(label_of, self.env.get("references", ())))
        return self.layout

    def settle(self) -> None:
        token, self._held = self._held, None
        if token is None or token.map is None:
            return
        first, last = token.map
        if token.nesting > 0:
            self._opened = token
        match token.type:
            case "inline":
                self._inline(token, first, last)
            case "thead_open":
                self._rule(last)
            case "tr_open":
                self._table_row(first)
            case "fence" | "code_block":
                self._code(token, first, last)
            case "html_block":
                self._show(token.content.rstrip("\n"), first, last)
            case "hr":
                self.pass_by(first, last)

    def pass_by(self, first: int, last: int) -> None:
        """These lines are told of; those before them that nobody told of are words."""
        for row in range(self._row, first):
            start, end = self._begins[row], self.eMarks[row]
            line = self.src[start:end]
            if _WORDS.search(line) and not _EMPTY_ITEM.fullmatch(line):
                self._note(start, end)
        self._row = max(self._row, last)

    def _inline(self, token: Token, first: int, last: int) -> None:
        opened = self._opened
        if opened is None or opened.type not in ("paragraph_open", "heading_open"):
            return
        if opened.type == "paragraph_open":
            self._show(token.content, first, last)
        else:
            self._heading(opened, token.content, first)

    def _heading(self, opened: Token, content: str, first: int) -> None:
        last = (opened.map or [0, 0])[1]
        if opened.markup.startswith("#"):
            signs = self.bMarks[first] + self.tShift[first] + len(opened.markup)
            start = self.src.find(content, signs, self.eMarks[first])
            words = start, start + len(content)
            self.pass_by(first, last)
            self._note(*words)
        else:
            words = self._show(content, first, last - 1)
            self.pass_by(last - 1, last)
        start, end = self._begins[first], self.eMarks[last - 1]
        level = int(opened.tag[1:])
        self.layout.marks.append(Mark(level=level, start=start, end=end, words=words))

    def _rule(self, row: int) -> None:
        end = min(self.eMarks[row] + 1, len(self.src))
        self.layout.rules.extend((self._begins[row], end))

    def _table_row(self, row: int) -> None:
        self.pass_by(row, row + 1)
        start, end = self.bMarks[row] + self.tShift[row], self.eMarks[row]
        self._note(start, end)
        self.layout.rows.extend((start, end))

    def _code(self, token: Token, first: int, last: int) -> None:
        self.pass_by(first, last)
        start, end = self._begins[first], min(self.eMarks[last - 1] + 1, len(self.src))
        inner = first + (token.type == "fence")
        opening = (start, self.eMarks[first]) if inner > first else (start, start)
        lines = token.content.removesuffix("\n").split("\n") if token.content else []
        spans = tuple(self._span(line, inner + number) for number, line in enumerate(lines))
        block = CodeBlock(start=start, end=end, opening=opening, lines=spans)
        self.layout.code.append(block)

    def _show(self, content: str, first: int, last: int) -> Span:
        """The lines without what makes them a quote or part of a list."""
        self.pass_by(first, last)
        lines = content.split("\n")
        start, _ = self._words(lines[0], first)
        if self.src.startswith(content, start):
            self._note(start, start + len(content))
            return start, start + len(content)
        spans = [self._words(line, first + number) for number, line in enumerate(lines)]
        for span in spans:
            self.layout.shown.extend(span)
        self.layout.ends.append(spans[-1][1])
        return start, spans[-1][1]

    def _words(self, line: str, row: int) -> Span:
        """Blanks at its end are none of a row."""
        return self._span(line.rstrip(), row, len(self._line(row).rstrip()))

    def _span(self, line: str, row: int, length: int | None = None) -> Span:
        """Where the end of a row is that has been cut out of it; tabs may have become spaces."""
        whole = self._line(row)[:length]
        kept = line if whole.endswith(line) else line.lstrip()
        end = self._begins[row] + len(whole)
        return end - len(kept), end

    def _line(self, row: int) -> str:
        return self.src[self._begins[row] : self.eMarks[row]]

    def _note(self, start: int, end: int) -> None:
        self.layout.shown.extend((start, end))
        self.layout.ends.append(end)
