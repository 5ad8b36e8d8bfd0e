"""A shared transcript as a page of HTML: it leads nowhere into the service, and nothing runs."""

from html import escape

from app.domain.captions import CaptionFormat
from app.domain.transcript import Transcript
from app.web.watch_words import said

#: How all our pages look, everybody may know, and their icon. Other pictures would need a key.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: Without it browsers ask for one of their own choice, which is not there.
ICON = '<link rel="icon" href="/page/icon.svg" type="image/svg+xml">'
STYLES = "".join(f'<link rel="stylesheet" href="/page/{name}.css">' for name in ("style", "watch"))
#: The same address, as something to keep.
KEEP = " ".join(
    f'<a href="?format={form}">{form.upper()}</a>'
    for form in (CaptionFormat.TXT, CaptionFormat.SRT, CaptionFormat.VTT)
)


def written(title: str, transcript: Transcript) -> str:
    title = escape(title)
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex, nofollow, noarchive">',
            f"<title>{title}</title>",
            f'{ICON}{STYLES}</head><body><main class="page shared">',
            f"<h1>{title}</h1>",
            f"<p>{KEEP}</p>",
            *said(transcript),
            "</main></body></html>",
        )
    )
