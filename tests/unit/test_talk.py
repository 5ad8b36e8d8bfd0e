"""What ffmpeg says of how long a medium is."""

import pytest

from app.adapters.ffmpeg.talk import Talk

FILM = """\
[info] Input #0, matroska,webm, from 'fd:':
[info]   Duration: 00:00:10.00, start: 0.000000, bitrate: 17 kb/s
[info]   Stream #0:0: Video: h264 (High), yuv420p(progressive), 64x48, 5 fps
[info]     Metadata:
[info]       DURATION        : 00:00:10.000000000
[info]   Stream #0:1(eng): Audio: aac (LC), 16000 Hz, mono, fltp
[info]     Metadata:
[info]       DURATION        : 00:00:03.008000000
[info]   Stream #0:2(ger): Audio: aac (LC), 16000 Hz, mono, fltp
[info]     Metadata:
[info]       DURATION        : 00:00:01.000000000
[info] Stream mapping:
[info]   Stream #0:1 -> #0:0 (aac (native) -> pcm_s16le (native))
[info] Output #0, s16le, to 'fd:':
[info]   Stream #0:0: Audio: pcm_s16le, 16000 Hz, mono, s16, 256 kb/s
[info]       DURATION        : 00:00:02.000000000
"""


def declared(text: str) -> float | None:
    talk = Talk()
    for line in text.splitlines():
        talk.hear(line)
    return talk.declared


def test_of_the_first_track_of_sound_where_it_tells() -> None:
    assert declared(FILM) == 3.008


def test_of_the_whole_where_no_track_tells() -> None:
    assert declared(FILM.replace("DURATION", "TITLE")) == 10.0


@pytest.mark.parametrize("lie", ["9" * 400 + ":00:00", "00:00:00", "-1:00:00", "words"])
def test_a_lie_of_a_track_changes_nothing(lie: str) -> None:
    assert declared(FILM.replace("00:00:03.008000000", lie)) == 10.0
