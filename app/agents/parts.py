"""A long transcript or text in parts, so that it floods nobody's context."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.agents.asked import Form
from app.client import Segment
from app.domain.captions import CaptionFormat, render
from app.domain.media_types import in_seconds
from app.domain.transcript import Segment as Said
from app.domain.transcript import Transcript


@dataclass(frozen=True, kw_only=True)
class Cut:
    text: str
    start: float
    end: float
    #: Where the next one begins; None on the last one.
    next: float | None


def of_speech(
    segments: Sequence[Segment], form: Form, start: float, end: float | None, budget: int
) -> Cut:
    """From `start` on as many segments as fit, and at least one. `next` brings those behind them,
    each once: segments that begin together stay together."""
    asked = within(segments, start, end)
    size = _fitting(asked, form, budget)
    part = asked[:size]
    return Cut(
        text=written(part, form),
        start=part[0].start if part else start,
        end=part[-1].end if part else start,
        next=asked[size].start if size < len(asked) else None,
    )


def within(segments: Sequence[Segment], start: float, end: float | None) -> Sequence[Segment]:
    """Those that begin there, and the one under way at `start`, unless another begins just then."""
    last = float("inf") if end is None else end
    begins = any(each.start == start for each in segments)
    return [
        each
        for each in segments
        if each.start < last and (each.start >= start or (not begins and each.end > start))
    ]


def written(segments: Sequence[Segment], form: Form) -> str:
    if form != "timed":
        return _rendered(segments, CaptionFormat(form))
    lines = ((each.start, _rendered([each], CaptionFormat.TXT)) for each in segments)
    return "".join(f"[{in_seconds(start)}] {line}" for start, line in lines if line)


def of_text(text: str, start: float, end: float | None, budget: int) -> Cut:
    """Of a text, by the number of its characters; cut at a space where there is one."""
    first = min(int(start), len(text))
    last = len(text) if end is None else min(max(int(end), first), len(text))
    stop = min(first + budget, last)
    if stop < last and (space := text.rfind(" ", first + budget // 2, stop)) > 0:
        stop = space + 1
    return Cut(text=text[first:stop], start=first, end=stop, next=stop if stop < last else None)


def _fitting(segments: Sequence[Segment], form: Form, budget: int) -> int:
    """How many of them; cut only where the next one begins later."""
    used = 0
    for number, (before, each) in enumerate(pairwise(segments), start=1):
        used += len(written([before], form))
        if used + len(written([each], form)) > budget and each.start > before.start:
            return number
    return len(segments)


def _rendered(segments: Sequence[Segment], form: CaptionFormat) -> str:
    said = (
        Said(start=each.start, end=each.end, text=each.text, speaker=each.speaker)
        for each in segments
    )
    whole = Transcript(
        segments=tuple(said), language_detection=None, duration=0.0, provider="", model=""
    )
    return render(whole, form)
