"""A shared transcript as a page of HTML: it leads nowhere into the service, and nothing runs."""

import base64
import hashlib
from html import escape

from app.domain.captions import CaptionFormat
from app.domain.transcript import Transcript
from app.web.watch_words import passages

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}time{opacity:.7;margin-right:.5rem}a{color:inherit}"
)

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
#: Not even pictures: they would need a key.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
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
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{title}</h1>",
            f"<p>{KEEP}</p>",
            *passages(transcript),
            "</body></html>",
        )
    )
