"""Captions: read back by a subtitle library, and harmless whatever was said."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.captions import CaptionFormat, render
from app.domain.transcript import Segment, Transcript

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


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_said_a_cue_is_three_lines_of_srt(texts: list[str]) -> None:
    spoken = [text for text in texts if text.strip()]
    lines = render(said(*texts), CaptionFormat.SRT).split("\n")
    assert len(lines) == max(1, 4 * len(spoken))
    assert sum("-->" in line for line in lines) == len(spoken)
    assert lines[0:-1:4] == [str(number) for number in range(1, len(spoken) + 1)]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_said_a_row_of_tsv_has_three_columns(texts: list[str]) -> None:
    header, *rows, end = render(said(*texts), CaptionFormat.TSV).split("\n")
    assert (header, end) == ("start\tend\ttext", "")
    assert len(rows) == sum(bool(text.strip()) for text in texts)
    assert all(row.count("\t") == 2 for row in rows)


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_said_a_segment_is_one_line_of_text(texts: list[str]) -> None:
    spoken = [" ".join(text.split()) for text in texts if text.strip()]
    assert render(said(*texts), CaptionFormat.TXT) == "".join(f"{text}\n" for text in spoken)


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
