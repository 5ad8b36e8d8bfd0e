"""Captions: read back by those who show them, and harmless whatever was said."""

import csv
import html
import io
import re
import subprocess
import zlib
from pathlib import Path

import imageio_ffmpeg
import pysubs2
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.domain.captions import CaptionFormat, render
from app.domain.transcript import Segment, Transcript
from tests.unit.strange_texts import EXAMPLES, FIVE, strange

#: Stands between signs that are not to be read as one.
APART = "\u200b"
HOSTILE = (
    "two\nlines",
    "a blank\n\nline",
    "carriage\r\nreturn",
    "at 00:00:01,000 --> later",
    "a longer ---> arrow",
    "many -----> dashes",
    "<script>alert(1)</script>",
    "<00:00:09.000>late",
    "NOTE this is no note",
    "WEBVTT",
    "tab\tin\tit",
    "\u2028line separator\u2029",
    "AT&T &lt;b&gt;",
)


def said(*texts: str) -> Transcript:
    """One second each, half a second apart."""
    segments = tuple(
        Segment(start=number * 1.5, end=number * 1.5 + 1, text=text)
        for number, text in enumerate(texts)
    )
    return Transcript(
        segments=segments, language_detection=None, duration=60.0, provider="p", model="m"
    )


def times(subtitles: pysubs2.SSAFile) -> list[tuple[int, int]]:
    return [(event.start, event.end) for event in subtitles]


@pytest.mark.parametrize("form", [CaptionFormat.SRT, CaptionFormat.VTT])
def test_a_subtitle_library_reads_back_what_was_said_and_when(form: CaptionFormat) -> None:
    text = render(said(" Ask not", "what your country", "can do for you."), form)
    read = pysubs2.SSAFile.from_string(text)
    assert times(read) == [(0, 1000), (1500, 2500), (3000, 4000)]
    assert [event.text for event in read] == ["Ask not", "what your country", "can do for you."]


@pytest.mark.parametrize("form", [CaptionFormat.SRT, CaptionFormat.VTT])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_its_cue(form: CaptionFormat, text: str) -> None:
    rendered = render(said("before", text, "after"), form)
    assert rendered.count("-->") == 3
    assert len(rendered.split("\n\n")) == 3 + (form is CaptionFormat.VTT)
    assert times(pysubs2.SSAFile.from_string(rendered)) == [(0, 1000), (1500, 2500), (3000, 4000)]


@pytest.mark.parametrize("form", [CaptionFormat.SRT, CaptionFormat.VTT])
def test_a_player_finds_as_many_cues_as_were_said(form: CaptionFormat, tmp_path: Path) -> None:
    file = tmp_path / f"hostile.{form}"
    texts = [*HOSTILE, "00:00:01,000 --> 00:00:02,000", "7\n00:00:01.000 --> 00:00:02.000\nx"]
    file.write_text(render(said(*texts), form), encoding="utf-8")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", file, "-map", "0:s"]
    done = subprocess.run(
        [*command, "-c", "copy", "-f", "framecrc", "-"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    packets = [line.split(",") for line in done.stdout.splitlines() if not line.startswith("#")]
    assert done.stderr == ""
    assert [int(packet[2]) for packet in packets] == [n * 1500 for n in range(len(texts))]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_of_the_speaker_is_markup_in_vtt(text: str) -> None:
    rendered = render(said(text), CaptionFormat.VTT)
    cue = rendered.split("\n")[3]
    assert "<" not in cue and ">" not in cue


def spoken(texts: list[str]) -> list[str]:
    """What of it is to be read: on one line each, and without signs that nobody sees."""
    clean = (re.sub("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]", "", t) for t in texts)
    lines = (" ".join(re.sub("[\ufeff\ufffe\uffff]", "", text).split()) for text in clean)
    return [line for line in lines if line]


def seen(text: str) -> str:
    """As a reader has it, for whom an arrow is an arrow."""
    return re.sub("-+>", "->", text.replace(APART, ""))


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_whatever_is_said_a_cue_is_three_lines_of_srt(texts: list[str]) -> None:
    number = len(spoken(texts))
    lines = render(said(*texts), CaptionFormat.SRT).split("\n")
    assert len(lines) == max(1, 4 * number)
    assert sum("-->" in line for line in lines) == number
    assert lines[0:-1:4] == [str(number) for number in range(1, number + 1)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_a_subtitle_library_reads_back_of_srt_whatever_was_said(texts: list[str]) -> None:
    written = render(said(*texts), CaptionFormat.SRT)
    read = pysubs2.SSAFile.from_string(written, format_="srt")
    assert [seen(event.text) for event in read] == [seen(line) for line in spoken(texts)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_a_subtitle_library_reads_back_of_vtt_whatever_was_said(texts: list[str]) -> None:
    written = render(said(*texts), CaptionFormat.VTT)
    read = pysubs2.SSAFile.from_string(written, format_="vtt")
    found = [html.unescape(event.text).replace(APART, "") for event in read]
    assert found == [line.replace(APART, "") for line in spoken(texts)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_a_voice_in_vtt_is_one_whoever_it_is(names: list[str]) -> None:
    segments = tuple(Segment(start=0.0, end=1.0, text="a", speaker=name) for name in names)
    transcript = Transcript(
        segments=segments, language_detection=None, duration=1.0, provider="p", model="m"
    )
    cues = render(transcript, CaptionFormat.VTT).split("\n")[3::3]
    assert len(cues) == len(names)
    voices = [re.fullmatch("(?:<v ([^<>]+)>)?a", cue) for cue in cues]
    found = [html.unescape(voice[1] or "") if voice else None for voice in voices]
    assert [(name or "").replace(APART, "") for name in found] == [
        "".join(spoken([name])).replace(APART, "") for name in names
    ]


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_a_spreadsheet_reads_back_of_tsv_whatever_was_said(texts: list[str]) -> None:
    written = render(said(*texts), CaptionFormat.TSV)
    header, *rows = csv.reader(io.StringIO(written, newline=""), dialect="excel-tab")
    assert header == ["start", "end", "text"]
    assert [len(row) for row in rows] == [3] * len(spoken(texts))
    for (_, _, cell), line in zip(rows, spoken(texts), strict=True):
        assert cell in (line, f"'{line}")
        assert cell[0] not in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://e.example","x")', '\'=HYPERLINK("http://e.example","x")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("- Who is there?", "'- Who is there?"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\0=1", "'=1"),
        ("\ufeff=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ('"=1', '"""=1"'),
        ('"Ask not," he said.', '"""Ask not,"" he said."'),
        ('He said "no".', 'He said "no".'),
        ("1 + 1 = 2", "1 + 1 = 2"),
        ("'tis", "'tis"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert render(said(text), CaptionFormat.TSV).splitlines()[1] == f"0\t1000\t{cell}"


DEMUXERS = {CaptionFormat.SRT: "srt", CaptionFormat.VTT: "webvtt", CaptionFormat.LRC: "lrc"}


@pytest.mark.parametrize("form", DEMUXERS)
@settings(max_examples=20, deadline=None, phases=[Phase.generate])  # each starts a process
@given(texts=st.lists(strange, min_size=50, max_size=50).map(spoken).filter(bool))
def test_a_player_takes_each_text_for_itself(form: CaptionFormat, texts: list[str]) -> None:
    """As ffmpeg parts the file: when each begins, and a sum over its bytes."""
    written = render(said(*texts), form)
    told = _cues(written, form)
    assert len(told) == len(texts)
    sums = [(number * 1500, len(text), zlib.adler32(text, 0)) for number, text in enumerate(told)]
    assert _packets(written, DEMUXERS[form]) == sums


def _cues(written: str, form: CaptionFormat) -> list[bytes]:
    """The texts alone, by the numbers of their lines."""
    lines = written.split("\n")
    found = {
        CaptionFormat.SRT: lines[2::4],
        CaptionFormat.VTT: lines[3::3],
        CaptionFormat.LRC: [line[len("[00:00.00]") :] + "\n" for line in lines[:-1]],
    }
    return [text.encode() for text in found[form]]


def _packets(written: str, demuxer: str) -> list[tuple[int, int, int]]:
    """Of each text that ffmpeg finds: milliseconds, and size and sum of the bytes."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", demuxer, "-i", "pipe:0"]
    done = subprocess.run(
        [*command, "-map", "0:s", "-c", "copy", "-f", "framecrc", "-"],
        input=written.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    lines = done.stdout.decode().splitlines()
    [ticks] = [int(line.rpartition("/")[2]) for line in lines if line.startswith("#tb 0: 1/")]
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    return [(int(row[2]) * 1000 // ticks, int(row[4]), int(row[5], 16)) for row in rows]


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_whatever_is_said_a_segment_is_one_line_of_text(texts: list[str]) -> None:
    told = render(said(*texts), CaptionFormat.TXT)
    assert told == "".join(f"{text}\n" for text in spoken(texts))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<i>no</i>", f"<{APART}i>no<{APART}/i>"),
        ("< b >", f"<{APART} b >"),
        ("<!-- x", f"<{APART}!-- x"),
        ("{\\an8}top", f"{{{APART}\\an8}}top"),
        ("{y:i}x", f"{{{APART}y:i}}x"),
        ("1 < 2 {sic}", "1 < 2 {sic}"),
        ("at 0:01:02.5", "at 0:01:02.5"),
        ("0:00:01,000 0:00:02,000", f"0:00:01,000 0:00:02,{APART}000"),
    ],
)
def test_no_markup_of_the_speaker_is_markup_in_srt(text: str, line: str) -> None:
    assert render(said(text), CaptionFormat.SRT).splitlines()[2] == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[00:01.00]x", f"{APART}[{APART}00:01.00]x"),
        ("a <00:02.00> b", f"a <{APART}00:02.00> b"),
        ("[ 7:1]", f"{APART}[{APART} 7:1]"),
        ("a [offset:+900]", f"a [{APART}offset:+900]"),
        ("[Music] plays", f"{APART}[Music] plays"),
        ("Music [plays]", "Music [plays]"),
    ],
)
def test_no_time_that_is_said_is_a_time_in_lrc(text: str, line: str) -> None:
    assert render(said(text), CaptionFormat.LRC) == f"[00:00.00]{line}\n"


def test_tsv_has_whole_milliseconds() -> None:
    row = render(said("hello"), CaptionFormat.TSV).splitlines()[1]
    assert row == "0\t1000\thello"


def test_lrc_has_minutes_and_hundredths() -> None:
    late = Segment(start=3725.678, end=3726.0, text=" late ")
    transcript = Transcript(
        segments=(late,), language_detection=None, duration=4000.0, provider="p", model="m"
    )
    assert render(transcript, CaptionFormat.LRC) == "[62:05.68]late\n"


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [
        (0.0, "00:00:00,000"),
        (0.9996, "00:00:01,000"),
        (59.9999, "00:01:00,000"),
        (3599.9999, "01:00:00,000"),
        (360_000.0, "100:00:00,000"),
    ],
)
def test_times_are_rounded_into_the_next_second_minute_and_hour(seconds: float, clock: str) -> None:
    segment = Segment(start=seconds, end=seconds + 1, text="x")
    transcript = Transcript(
        segments=(segment,), language_detection=None, duration=1.0, provider="p", model="m"
    )
    assert render(transcript, CaptionFormat.SRT).splitlines()[1].startswith(clock)


@pytest.mark.parametrize(
    ("form", "nothing"),
    [
        (CaptionFormat.TXT, ""),
        (CaptionFormat.SRT, ""),
        (CaptionFormat.VTT, "WEBVTT\n"),
        (CaptionFormat.TSV, "start\tend\ttext\n"),
        (CaptionFormat.LRC, ""),
    ],
)
def test_silence_is_a_valid_empty_file(form: CaptionFormat, nothing: str) -> None:
    assert render(said(), form) == nothing
    assert render(said("", "  ", "\n"), form) == nothing
