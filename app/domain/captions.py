"""Transcripts as people and players read them: txt, srt, vtt, tsv, lrc."""

import html
import re
from collections.abc import Callable
from enum import StrEnum

from app.domain.transcript import Segment, Transcript

_ARROW = re.compile("-{2,}>")


class CaptionFormat(StrEnum):
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    LRC = "lrc"


def render(transcript: Transcript, form: CaptionFormat) -> str:
    """The whole transcript as text, ending in a newline unless empty."""
    return _RENDERERS[form](tuple(s for s in transcript.segments if s.text.strip()))


def _txt(segments: tuple[Segment, ...]) -> str:
    return "".join(f"{_spoken(segment)}\n" for segment in segments)


def _srt(segments: tuple[Segment, ...]) -> str:
    return "\n".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_cue(cue)}\n"
        for number, cue in enumerate(segments, start=1)
    )


def _vtt(segments: tuple[Segment, ...]) -> str:
    cues = (
        f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_voiced(cue)}\n"
        for cue in segments
    )
    return "WEBVTT\n" + "".join(cues)


def _tsv(segments: tuple[Segment, ...]) -> str:
    """Columns as openai/whisper writes them: times in whole milliseconds."""
    rows = (
        f"{_milliseconds(segment.start)}\t{_milliseconds(segment.end)}\t{_line(segment)}\n"
        for segment in segments
    )
    return "start\tend\ttext\n" + "".join(rows)


def _lrc(segments: tuple[Segment, ...]) -> str:
    return "".join(f"[{_minutes(segment.start)}]{_line(segment)}\n" for segment in segments)


def _line(segment: Segment) -> str:
    """On one line: a line break or tab in the text would start a new cue or column."""
    return " ".join(segment.text.split())


def _cue(segment: Segment) -> str:
    """An arrow in the text would read as a time line."""
    return _ARROW.sub("->", _spoken(segment))


def _spoken(segment: Segment) -> str:
    """With who says it, where that is known."""
    who = " ".join((segment.speaker or "").split())
    return f"{who}: {_line(segment)}" if who else _line(segment)


def _voiced(segment: Segment) -> str:
    """As WebVTT has it: a voice of its own for each speaker."""
    who = html.escape(" ".join((segment.speaker or "").split()), False)
    said = html.escape(_line(segment), False)
    return f"<v {who}>{said}" if who else said


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(_milliseconds(seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _minutes(seconds: float) -> str:
    minutes, centiseconds = divmod(round(seconds * 100), 6_000)
    return f"{minutes:02}:{centiseconds // 100:02}.{centiseconds % 100:02}"


_RENDERERS: dict[CaptionFormat, Callable[[tuple[Segment, ...]], str]] = {
    CaptionFormat.TXT: _txt,
    CaptionFormat.SRT: _srt,
    CaptionFormat.VTT: _vtt,
    CaptionFormat.TSV: _tsv,
    CaptionFormat.LRC: _lrc,
}
