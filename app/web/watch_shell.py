"""The frame of every page: that of `/`, with other content in it."""

import re
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
    page = _STYLES.sub("", (PAGE / "index.html").read_text(encoding="utf-8"))
    page = _put(page, _TITLE, f"<title>{escape(title)} · Spool</title>")
    page = _put(page, _SCRIPT, _ASSETS)
    page = _put(page, _NEEDS_SCRIPTS, "")
    return _put(page, _CONTENT, content)


def _put(page: str, place: re.Pattern[str], markup: str) -> str:
    page, found = place.subn(lambda _: markup, page, count=1)
    if not found:
        raise ValueError(f"the page has no {place.pattern}")
    return page
