"""What stands in front of a text and tells about it."""

import re
from dataclasses import dataclass
from enum import StrEnum

#: Characters in which it has to end.
LONGEST = 64 * 1024

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*\r?\n")
_ENDS = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*\r?(?:\n|\Z)", re.MULTILINE),
}
#: What its first line looks like, comments aside. A text may begin with a line across the page.
#: Nothing is tried twice: a text of blanks would otherwise be tried for days.
_BEFORE = r"(?:\s++|#.*+\n)*+"
_KEY = r"[\"']?[\w.$-][\w.$ -]{0,200}+[\"']?[ \t]{0,50}+:(?:\s|\Z)"
_FIRST = {
    "---": re.compile(rf"{_BEFORE}(?:{_KEY}|\{{|\Z)"),
    "+++": re.compile(rf"{_BEFORE}(?:[\w.\"'-]++[ \t]*+=|\[|\Z)"),
}


class Notation(StrEnum):
    YAML = "yaml"
    TOML = "toml"


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    notation: Notation
    content: str
    #: Characters that it takes up at the beginning of the text, fences and all.
    length: int


def front_matter_of(text: str) -> FrontMatter | None:
    """Between two lines of `---` (YAML) or `+++` (TOML), the first of them the first of all."""
    text = text[:LONGEST]
    fence = _FENCE.match(text)
    if fence is None:
        return None
    mark = fence[1]
    end = _ENDS[mark].search(text, fence.end())
    if end is None:
        return None
    content = text[fence.end() : end.start()]
    if _FIRST[mark].match(content) is None:
        return None
    notation = Notation.YAML if mark == "---" else Notation.TOML
    return FrontMatter(notation=notation, content=content, length=end.end())
