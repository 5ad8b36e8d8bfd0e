"""An asset as a page of HTML. All that comes from outside is escaped, and nothing runs."""

import base64
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from app.domain.assets import Asset, Still
from app.domain.links import may_lead_to
from app.domain.media_types import in_seconds
from app.domain.search import Moment
from app.domain.transcript import Segment, Transcript
from app.services.asset_pages import Shown
from app.web.asset_views import address, page_of

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}img{max-width:100%}time{opacity:.6;margin-right:.5rem}"
    ".here{outline:2px solid;outline-offset:.3rem}.frames{display:flex;flex-wrap:wrap;gap:.5rem}"
    ".frames img{width:9rem}section{white-space:pre-wrap}a{color:inherit}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
#: Nothing runs, and nothing comes from elsewhere.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
#: The browser scrolls to it by itself, without a script.
HERE = ' class="here" tabindex="-1" autofocus'
MOST_FRAMES = 500  # of a video that are shown


def written(shown: Shown, at: float | None) -> str:
    at = shown.at if at is None else at
    title = escape(shown.asset.title)
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{title}</h1>",
            *_about(shown.asset),
            *_pictures(shown, at),
            *_words(shown, at),
            "</body></html>",
        )
    )


def _about(asset: Asset) -> Iterator[str]:
    if asset.link and may_lead_to(asset.link):
        yield f'<p><a href="{escape(asset.link)}">{escape(asset.link)}</a></p>'
    if asset.parent_id:
        yield f'<p><a href="{escape(page_of(replace(asset, link=None)))}">In its video</a></p>'
    if asset.description:
        yield f"<p>{escape(asset.description)}</p>"
    if asset.labels:
        yield f"<p>{escape(', '.join(asset.labels))}</p>"


def _pictures(shown: Shown, at: float | None) -> Iterator[str]:
    if shown.asset.picture:
        words = escape(shown.asset.description or shown.asset.title)
        yield f'<p><img src="{escape(_thumbnail(shown.asset.asset_id))}" alt="{words}"></p>'
    if shown.frames:
        yield '<p class="frames">'
        yield from (_frame(*each) for each in _frames(shown.frames, at))
        yield "</p>"


def _frames(frames: Sequence[Still], at: float | None) -> list[tuple[Still, bool]]:
    """All of them, or so many from all over the video, and whether it is the one that is shown."""
    here = None if at is None else in_seconds(at)
    marked = [(frame, in_seconds(frame.at) == here) for frame in frames]
    step = max(1, math.ceil(len(frames) / MOST_FRAMES))
    return [each for number, each in enumerate(marked) if number % step == 0 or each[1]]


def _frame(frame: Still, here: bool) -> str:
    marked = ' class="here"' if here else ""
    source = escape(_thumbnail(frame.asset_id))
    picture = f'<img src="{source}" alt="{_clock(frame.at)}" loading="lazy">'
    return f'<a{marked} href="?t={in_seconds(frame.at)}">{picture}</a>'


def _words(shown: Shown, at: float | None) -> Iterator[str]:
    if shown.transcript:
        spoken = shown.transcript.named(shown.asset.speakers)
        yield from passages(spoken, _spoken_at(spoken.segments, at))
    elif shown.passages:
        yield from _sections(shown.passages)
    elif text := (shown.asset.picture.text if shown.asset.picture else shown.asset.text):
        yield f"<section>{escape(text)}</section>"


def passages(spoken: Transcript, here: int | None = None) -> Iterator[str]:
    """Segment by segment under the titles of chapters; `here`: the number of one to be marked."""
    titles = {chapter.start: chapter.title for chapter in spoken.chapters or ()}
    for number, segment in enumerate(spoken.segments):
        if title := titles.get(segment.start):
            yield f"<h2>{escape(title)}</h2>"
        yield _passage(segment, number == here)


def _spoken_at(segments: tuple[Segment, ...], at: float | None) -> int | None:
    """Number of the last segment that has begun at that second."""
    if at is None:
        return None
    begun = [number for number, each in enumerate(segments) if each.start <= at + 0.01]
    return begun[-1] if begun else None


def _passage(segment: Segment, here: bool) -> str:
    place = f"t={in_seconds(segment.start)}"
    clock = f'<a href="#{place}"><time>{_clock(segment.start)}</time></a>'
    who = f"<b>{escape(segment.speaker)}:</b> " if segment.speaker else ""
    return f'<p id="{place}"{HERE if here else ""}>{clock}{who}{escape(segment.text.strip())}</p>'


def _sections(passages: Sequence[Moment]) -> Iterator[str]:
    """The first passage under a heading has its anchor."""
    seen: set[str] = set()
    for passage in passages:
        named = f' id="{escape(passage.anchor)}"' if passage.anchor not in {"", *seen} else ""
        seen.add(passage.anchor)
        yield f"<section{named}>{escape(passage.text)}</section>"


def _thumbnail(asset_id: str) -> str:
    return f"{address(asset_id)}/thumbnail"


def _clock(seconds: float) -> str:
    """1:02:03, or 2:03."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
