"""What is said or written in an asset, as HTML.

It comes in stretches: a browser lays out only those that are in sight.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from app.domain.assets import NOTHING
from app.domain.media_types import SPOKEN, MediaType, in_seconds
from app.domain.playing_time import clock
from app.domain.search import Moment
from app.domain.transcript import Segment, Transcript
from app.services.asset_pages import Shown

#: The browser scrolls to it by itself, without a script.
HERE = ' class="here" tabindex="-1" autofocus'
STRETCH = 10  # passages
NAMED = 40  # passages of one speaker until the name stands there again


def words(shown: Shown, at: float | None) -> Iterator[str]:
    if shown.transcript and shown.transcript.segments:
        yield from said(shown.transcript, shown.asset.speakers, at)
    elif shown.asset.job_id and shown.asset.media_type in SPOKEN:
        yield f'<p class="empty">{_unspoken(shown)}</p>'
    elif shown.passages:
        yield '<article class="text card" aria-label="Text">'
        yield from _stretches(_sections(shown.passages))
        yield "</article>"
    elif text := (shown.asset.picture.text if shown.asset.picture else shown.asset.text):
        heading = "<h2>Text in it</h2>" if shown.asset.picture else ""
        yield f'<article class="text card" aria-label="Text">{heading}'
        yield f"<section>{escape(text)}</section></article>"
    elif shown.asset.media_type is MediaType.TEXT:
        yield '<p class="empty">Nothing is written in it.</p>'


def _unspoken(shown: Shown) -> str:
    frames = " Its key-frames can be searched all the same." if shown.frames else ""
    if shown.transcript is None:
        return f"It has no sound, so there is no transcript.{frames}"
    return f"Nothing is said in it.{frames}"


def said(
    transcript: Transcript, names: Mapping[str, str] = NOTHING, at: float | None = None
) -> Iterator[str]:
    """`names` of speakers, by their labels; the passage of the second `at` is marked."""
    yield '<section class="transcript" id="transcript" aria-label="Transcript">'
    yield from _stretches(_passages(transcript, names, at))
    yield "</section>"


def _stretches(passages: Iterable[str]) -> Iterator[str]:
    number = -1
    for number, passage in enumerate(passages):
        if number % STRETCH == 0:
            yield f'{"</div>" if number else ""}<div class="stretch">'
        yield passage
    if number >= 0:
        yield "</div>"


def _passages(transcript: Transcript, names: Mapping[str, str], at: float | None) -> Iterator[str]:
    """Segment by segment, under the titles of chapters."""
    here = _spoken_at(transcript.segments, at)
    titles = {chapter.start: chapter.title for chapter in transcript.chapters or ()}
    before: str | None = None
    for number, segment in enumerate(transcript.segments):
        title = titles.get(segment.start)
        heading = f"<h2>{escape(title)}</h2>" if title else ""
        begins = bool(title) or number % NAMED == 0 or segment.speaker != before
        who = _who(segment.speaker, names) if begins else ""
        yield heading + _passage(segment, who, number == here)
        before = segment.speaker


def _who(label: str | None, names: Mapping[str, str]) -> str:
    """Where somebody begins to speak."""
    return f"<b>{escape(names.get(label, label))}:</b> " if label else ""


def _spoken_at(segments: tuple[Segment, ...], at: float | None) -> int | None:
    """Number of the last segment that has begun at that second."""
    if at is None:
        return None
    begun = [number for number, each in enumerate(segments) if each.start <= at + 0.01]
    return begun[-1] if begun else None


def _passage(segment: Segment, who: str, here: bool) -> str:
    place = f"t={in_seconds(segment.start)}"
    time = f'<a href="#{place}"><time>{clock(segment.start)}</time></a>'
    said = f"{time}{who}<span>{escape(segment.text.strip())}</span>"
    of = f' data-speaker="{escape(segment.speaker)}"' if segment.speaker else ""
    return f'<p id="{place}"{of}{HERE if here else ""}>{said}</p>'


def _sections(passages: Sequence[Moment]) -> Iterator[str]:
    """The first passage under a heading has its anchor."""
    seen: set[str] = set()
    for passage in passages:
        named = f' id="{escape(passage.anchor)}"' if passage.anchor not in {"", *seen} else ""
        seen.add(passage.anchor)
        yield f"<section{named}>{escape(passage.text)}</section>"
