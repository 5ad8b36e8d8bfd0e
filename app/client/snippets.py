"""Snippets of a search, out of their HTML: plain text, for terminals and for agents."""

import html
import re
from collections.abc import Sequence

MARK = re.compile(r"</?mark>")


def parts(snippet: str) -> Sequence[str]:
    """What matched is every second one, from the one at 1 on."""
    return [html.unescape(part) for part in MARK.split(snippet)]
