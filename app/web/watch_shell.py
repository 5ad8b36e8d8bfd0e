"""The frame of every page: that of `/`, with other content in it."""

import re
from functools import cache
from html import escape

from app.web.page_files import PAGE, POLICY

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ASSETS = (
    '<link rel="stylesheet" href="/page/watch.css">\n'
    '    <script type="module" src="/page/watch.js"></script>'
)
#: What of the page at `/` gives way, each once.
_TITLE = re.compile(r"<title>[^<]*</title>")
_SCRIPT = re.compile(r'<script type="module" src="/page/app\.js"></script>')
#: Of other views; the one for all of them stays.
_STYLES = re.compile(r'\s*<link rel="stylesheet" href="/page/(?!style\.css)[^"]*">')
_NEEDS_SCRIPTS = re.compile(r"\s*<noscript>.*?</noscript>", re.DOTALL)
_CONTENT = re.compile(r'<main id="main"[^>]*>\s*</main>')


def framed(title: str, content: str) -> str:
    """A whole page; `content` is HTML, a `<main id="main">`."""
    above, between, below = _frame()
    return f"{above}<title>{escape(title)} · Spool</title>{between}{content}{below}"


@cache
def _frame() -> tuple[str, str, str]:
    """Above the title, between it and the content, below that: read and cut once."""
    page = _STYLES.sub("", (PAGE / "index.html").read_text(encoding="utf-8"))
    page = _ASSETS.join(_cut(page, _SCRIPT))
    page = "".join(_cut(page, _NEEDS_SCRIPTS))
    above, rest = _cut(page, _TITLE)
    return above, *_cut(rest, _CONTENT)


def _cut(page: str, place: re.Pattern[str]) -> tuple[str, str]:
    """What stands before the place and behind it."""
    found = place.search(page)
    if not found:
        raise ValueError(f"the page has no {place.pattern}")
    return page[: found.start()], page[found.end() :]
