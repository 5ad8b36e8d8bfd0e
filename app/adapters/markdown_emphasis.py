"""Which stars and underscores in a block are marks, by the rules of markdown-it-py."""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.balance_pairs import processDelimiters
from markdown_it.rules_inline.state_inline import Delimiter

_RUN = re.compile(r"\*+|_+")


def emphasis_of(block: str) -> list[int]:
    """Places of them, in order."""
    state = StateInline(block, _parser(), {}, [])
    delimiters = [each for run in _RUN.finditer(block) for each in _delimiters(state, run)]
    processDelimiters(state, delimiters)
    return sorted(
        place
        for opener in delimiters
        if opener.end >= 0
        for place in (opener.token, delimiters[opener.end].token)
    )


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _delimiters(state: StateInline, run: re.Match[str]) -> Iterator[Delimiter]:
    """One for each sign. Their places stand for the tokens that the library makes of them."""
    sign = run[0][0]
    scanned = state.scanDelims(run.start(), sign == "*")
    for place in range(*run.span()):
        yield Delimiter(
            marker=ord(sign),
            length=scanned.length,
            token=place,
            end=-1,
            open=scanned.can_open,
            close=scanned.can_close,
        )
