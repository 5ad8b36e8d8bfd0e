"""A shared transcript as a page of HTML: it leads nowhere into the service, and nothing runs."""

from collections.abc import Mapping
from html import escape

from starlette.responses import Response

from app.domain.captions import CaptionFormat
from app.domain.transcript import Transcript
from app.web.cached import NOT_KEPT
from app.web.watch_words import said

#: How all our pages look, everybody may know, and their icon. Other pictures would need a key.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: Nobody keeps it once it is revoked, finds it by searching, or learns from where its reader came.
HEADERS = {
    **NOT_KEPT,
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
#: Without it browsers ask for one of their own choice, which is not there.
ICON = '<link rel="icon" href="/page/icon.svg" type="image/svg+xml">'
STYLES = "".join(f'<link rel="stylesheet" href="/page/{name}.css">' for name in ("style", "watch"))
#: The same address, as something to keep.
KEEP = " ".join(
    f'<a href="?format={form}">{form.upper()}</a>'
    for form in (CaptionFormat.TXT, CaptionFormat.SRT, CaptionFormat.VTT)
)

ASK = "<p>Ask whoever sent you the link for a new one.</p>"


def written(title: str, transcript: Transcript) -> str:
    return _framed(title, f"<p>{KEEP}</p>", *said(transcript))


def refused(status: int, why: str, headers: Mapping[str, str]) -> Response:
    """To whoever has a link, and perhaps nothing else of this service."""
    page = _framed("Nothing to read here", f"<p>{escape(why)}.</p>", ASK if status == 404 else "")
    more = {"Vary": "Accept", **headers}
    return Response(page, status, HEADERS | more, media_type="text/html")


def _framed(title: str, *content: str) -> str:
    title = escape(title)
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex, nofollow, noarchive">',
            f"<title>{title}</title>",
            f'{ICON}{STYLES}</head><body><main class="page shared">',
            f"<h1>{title}</h1>",
            *content,
            "</main></body></html>",
        )
    )
