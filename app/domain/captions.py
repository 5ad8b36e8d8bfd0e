"""Transcripts as people and players read them: txt, srt, vtt, tsv, lrc."""

import html
import re
from collections.abc import Callable
from enum import StrEnum

from app.domain.transcript import Segment, Transcript

#: What no reader shows, and some stumble over: control characters, halves of letters.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_ARROW = re.compile("-{2,}>")
#: Where players see markup: `<i>`, `</b`, `<!--`, and ASS and MicroDVD, `{\an8}` and `{c:...}`.
_MARKUP = re.compile(r"<(?=\s*[/!?A-Za-z])|\{(?=\\|[A-Za-z]:)")
#: The end of a time, as SRT and VTT write one.
_CLOCK = re.compile(r":\d{1,2}[.,](?=\d)")
#: Where players of lyrics see a time, of a line or a word, or a tag as `[offset:9]`.
_STAMP = re.compile(r"[\[<](?=\s*[-+\d]|\s*\w+\s*:)")
#: Nobody sees it between the two letters that it keeps from being read as one sign.
_APART = "\N{ZERO WIDTH SPACE}"
#: A cell that begins so is a formula to spreadsheets, in the wide letters of Asia, too.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class CaptionFormat(StrEnum):
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    LRC = "lrc"


def render(transcript: Transcript, form: CaptionFormat) -> str:
    """The whole transcript as text, ending in a newline unless empty."""
    return _RENDERERS[form](tuple(s for s in transcript.segments if _line(s)))


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
        f"{_milliseconds(segment.start)}\t{_milliseconds(segment.end)}\t{_cell(segment)}\n"
        for segment in segments
    )
    return "start\tend\ttext\n" + "".join(rows)


def _lrc(segments: tuple[Segment, ...]) -> str:
    return "".join(f"[{_minutes(segment.start)}]{_sung(segment)}\n" for segment in segments)


def _line(segment: Segment) -> str:
    """On one line: a line break or tab in the text would start a new cue or column."""
    return _in_line(segment.text)


def _in_line(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


def _cell(segment: Segment) -> str:
    """An apostrophe makes text of a formula. Where a cell begins with a quote, spreadsheets look
    for its end, in whatever row that is, and take two quotes within for one."""
    text = _line(segment)
    if text.startswith(_FORMULA):
        return f"'{text}"
    return '"{}"'.format(text.replace('"', '""')) if text.startswith('"') else text


def _sung(segment: Segment) -> str:
    """A bracket at its beginning is one of the time in front of it to some players."""
    text = _STAMP.sub(_parted, _line(segment))
    return _APART + text if text.startswith("[") else text


def _cue(segment: Segment) -> str:
    """An arrow in the text would read as a time line; SRT has no way to write what is no markup."""
    return _one_clock(_MARKUP.sub(_parted, _ARROW.sub("->", _spoken(segment))))


def _one_clock(text: str) -> str:
    """Of two times in a line some readers make a cue, with or without an arrow."""
    first = _CLOCK.search(text)
    end = first.end() if first else len(text)
    return text[:end] + _CLOCK.sub(_parted, text[end:])


def _parted(sign: re.Match[str]) -> str:
    return sign[0] + _APART


def _spoken(segment: Segment) -> str:
    """With who says it, where that is known."""
    who = _in_line(segment.speaker or "")
    return f"{who}: {_line(segment)}" if who else _line(segment)


def _voiced(segment: Segment) -> str:
    """As WebVTT has it: a voice of its own for each speaker."""
    who = html.escape(_in_line(segment.speaker or ""), False)
    said = html.escape(_line(segment), False)
    return _one_clock(f"<v {who}>{said}" if who else said)


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
