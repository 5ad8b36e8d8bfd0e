"""An asset as a page of HTML that needs no script. All that comes from outside is escaped."""

from collections.abc import Iterator
from html import escape

from app.domain.media_types import SPOKEN
from app.services.asset_pages import Shown
from app.web.watch_about import about, beside
from app.web.watch_pictures import filmed, pictured, played
from app.web.watch_shell import framed
from app.web.watch_words import words


def written(shown: Shown, at: float | None) -> str:
    """`at`: the second whose passage is marked."""
    at = shown.at if at is None else at
    return framed(shown.asset.title, "\n".join(_content(shown, at)))


def _content(shown: Shown, at: float | None) -> Iterator[str]:
    yield f'<main id="main" class="page watch {_kind(shown)}" tabindex="-1"{_told(shown, at)}>'
    yield from about(shown)
    yield '<div class="stage">'
    yield from played(shown)
    yield from filmed(shown, at)
    yield from pictured(shown)
    yield from beside(shown)
    yield "</div>"
    yield from words(shown, at)
    yield "</main>"


def _kind(shown: Shown) -> str:
    return "spoken" if shown.asset.media_type in SPOKEN else "still"


def _told(shown: Shown, at: float | None) -> str:
    """For the scripts."""
    asset, transcript = shown.asset, shown.transcript
    told = {
        "asset": asset.asset_id if asset.job_id else None,  # a record has no asset
        "job": asset.job_id or None,
        "type": asset.media_type.value,
        "title": asset.title,
        "revision": asset.revision,
        "at": at,
        "duration": transcript.duration if transcript else None,
    }
    pairs = ((name, value) for name, value in told.items() if value is not None)
    return "".join(f' data-{name}="{escape(str(value))}"' for name, value in pairs)
