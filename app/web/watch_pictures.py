"""What an asset shows and sounds like, as HTML: a player with key-frames, or its picture."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from app.domain.assets import Still
from app.domain.media_types import SPOKEN, MediaType, in_seconds
from app.domain.playing_time import clock
from app.services.asset_pages import Shown
from app.web.asset_views import address, of_player

MOST_FRAMES = 500  # of a video that are shown


def played(shown: Shown) -> Iterator[str]:
    """What was spoken, to be heard or seen; the address may lead to nothing any more."""
    asset = shown.asset
    if not asset.job_id or asset.media_type not in SPOKEN:
        return
    wave = escape(of_player("waveforms", asset)) if shown.transcript else ""
    yield f'<section class="player" aria-label="Player" data-waveform="{wave}">'
    source = escape(of_player("media", asset))
    told = f'controls preload="metadata" src="{source}"'
    if asset.media_type is MediaType.VIDEO:
        yield f"<video playsinline {told}>{_subtitles(shown)}</video>"
    else:
        yield f"<audio {told}></audio>"
    yield "</section>"


def _subtitles(shown: Shown) -> str:
    if not shown.transcript or not shown.transcript.segments:
        return ""
    source = f"/api/v1/jobs/{shown.asset.job_id}/result?format=vtt"
    return f'<track kind="subtitles" label="Transcript" src="{source}">'


def filmed(shown: Shown, at: float | None) -> Iterator[str]:
    if shown.frames:
        yield '<p class="frames" role="group" aria-label="Key-frames">'
        yield from (_frame(*each) for each in _frames(shown.frames, at))
        yield "</p>"


def pictured(shown: Shown) -> Iterator[str]:
    asset = shown.asset
    if asset.picture:
        words = escape(asset.description or asset.title)
        size = f'width="{asset.picture.width}" height="{asset.picture.height}"'
        source = escape(_thumbnail(asset.asset_id))
        whole = escape(of_player("media", asset))
        image = f'<img src="{source}" alt="{words}" {size}>'
        yield f'<p class="picture"><a href="{whole}">{image}</a></p>'


def _frames(frames: Sequence[Still], at: float | None) -> list[tuple[Still, bool]]:
    """All of them, or so many from all over the video, and whether it is the one that is shown."""
    here = None if at is None else in_seconds(at)
    marked = [(frame, in_seconds(frame.at) == here) for frame in frames]
    step = max(1, math.ceil(len(frames) / MOST_FRAMES))
    return [each for number, each in enumerate(marked) if number % step == 0 or each[1]]


def _frame(frame: Still, here: bool) -> str:
    marked = ' class="here"' if here else ""
    source = escape(_thumbnail(frame.asset_id))
    picture = f'<img src="{source}" alt="{clock(frame.at)}" loading="lazy">'
    return f'<a{marked} href="?t={in_seconds(frame.at)}">{picture}</a>'


def _thumbnail(asset_id: str) -> str:
    return f"{address(asset_id)}/thumbnail"
