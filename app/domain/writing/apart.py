"""Lines that are blocks by themselves, which Markdown does not know.

Site makers set off tips and warnings by lines of colons. In MDX tags stand on lines of their own,
however deep, and what follows begins anew.
"""

import re

from app.domain.writing.formats import TextFormat
from app.domain.writing.ink import Spot, painted, struck
from app.domain.writing.layout import Span

_DIRECTIVE = re.compile(r"^[ \t]*+:{3,}[^\n]*", re.MULTILINE)
_LABEL = re.compile(r"[ \t]*+:{3,}[\w-]*[ \t]*\[([^\n]*)\]")
#: The end of a line, but for an empty one and one that begins or ends code.
_NEXT = r"\n(?![ \t]*+(?:\n|```|~~~))"
_WITHIN = rf"(?:[^{{}}\n]++|\n(?![ \t]*+(?:```|~~~))|\{{(?:[^{{}}\n]++|{_NEXT})*+\}})*+"
_TAGS = re.compile(
    rf"^[ \t]*+(?:<(?:/?[A-Za-z][\w.:-]*+"
    rf"""(?:[^<>"'{{}}\n]++|{_NEXT}|"[^"\n]*+"|'[^'\n]*+'|\{{{_WITHIN}\}})*+|/?)>[ \t]*+)++$""",
    re.MULTILINE,
)


def set_apart(sheet: str, text_format: TextFormat) -> tuple[str, tuple[int, ...]]:
    """The sheet without these lines; and from where to where readers may see something of them."""
    found = [(line.span(), _label(line)) for line in _DIRECTIVE.finditer(sheet)]
    if text_format is TextFormat.MDX:
        found += [(tags.span(), tags.span()) for tags in _TAGS.finditer(sheet)]
    blanks, seen, place = list[Spot](), list[int](), 0
    for (start, end), shown in sorted(found):
        if start >= place:
            blanks += struck(sheet, start, end, " ")
            seen += shown
            place = end
    return painted(sheet, blanks), tuple(seen)


def _label(line: re.Match[str]) -> Span:
    label = _LABEL.match(line[0])
    start, end = label.span(1) if label else (0, 0)
    return line.start() + start, line.start() + end
