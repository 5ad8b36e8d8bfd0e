"""What is said or written in an asset, as HTML.

It comes in stretches: a browser lays out only those that are in sight.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from app.domain.media_types import in_seconds
from app.domain.search import Moment
from app.domain.transcript import Segment, Transcript
from app.services.asset_pages import Shown
from app.web.watch_clock import clock

#: The browser scrolls to it by itself, without a script.
HERE = ' class="here" tabindex="-1" autofocus'
STRETCH = 40  # passages


def words(shown: Shown, at: float | None) -> Iterator[str]:
    if shown.transcript:
        yield '<section class="transcript" id="transcript" aria-label="Transcript">'
        yield from _stretches(_spoken(shown.transcript, shown, at))
        yield "</section>"
    elif shown.passages:
        yield '<article class="text" aria-label="Text">'
        yield from _stretches(_sections(shown.passages))
        yield "</article>"
    elif text := (shown.asset.picture.text if shown.asset.picture else shown.asset.text):
        yield f'<article class="text" aria-label="Text"><section>{escape(text)}</section></article>'


def _stretches(passages: Iterable[str]) -> Iterator[str]:
    number = -1
    for number, passage in enumerate(passages):
        if number % STRETCH == 0:
            yield f'{"</div>" if number else ""}<div class="stretch">'
        yield passage
    if number >= 0:
        yield "</div>"


def _spoken(transcript: Transcript, shown: Shown, at: float | None) -> Iterator[str]:
    here = _spoken_at(transcript.segments, at)
    titles = {chapter.start: chapter.title for chapter in transcript.chapters or ()}
    names = shown.asset.speakers
    for number, segment in enumerate(transcript.segments):
        title = titles.get(segment.start)
        heading = f"<h2>{escape(title)}</h2>" if title else ""
        yield heading + _passage(segment, names.get(segment.speaker or ""), number == here)


def _spoken_at(segments: tuple[Segment, ...], at: float | None) -> int | None:
    """Number of the last segment that has begun at that second."""
    if at is None:
        return None
    begun = [number for number, each in enumerate(segments) if each.start <= at + 0.01]
    return begun[-1] if begun else None


def _passage(segment: Segment, name: str | None, here: bool) -> str:
    place = f"t={in_seconds(segment.start)}"
    time = f'<a href="#{place}"><time>{clock(segment.start)}</time></a>'
    label = escape(segment.speaker or "")
    who = f"<b>{escape(name) if name else label}:</b> " if label else ""
    said = f"{time}{who}<span>{escape(segment.text.strip())}</span>"
    of = f' data-speaker="{label}"' if label else ""
    return f'<p id="{place}"{of}{HERE if here else ""}>{said}</p>'


def _sections(passages: Sequence[Moment]) -> Iterator[str]:
    """The first passage under a heading has its anchor."""
    seen: set[str] = set()
    for passage in passages:
        named = f' id="{escape(passage.anchor)}"' if passage.anchor not in {"", *seen} else ""
        seen.add(passage.anchor)
        yield f"<section{named}>{escape(passage.text)}</section>"
