from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.domain.media import SAMPLE_RATE
from scripts.bench_asr_table import ratios, tell
from scripts.bench_peers import Run
from scripts.bench_report import Report
from scripts.bench_speech import LONGEST, PACE, SHORTEST, Clip, nobody, plan, speech
from scripts.bench_watch import Sample, growth

#: Words and seconds, as readers make them: 3 words a second.
CLIPS = [
    Clip(
        samples=np.full(round(seconds * SAMPLE_RATE), 0.25, np.float32),
        text=" ".join([name] * round(3 * seconds)),
    )
    for name, seconds in (("one", 1.0), ("two", 2.0), ("three", 3.0), ("nine", 9.0))
]


def test_speech_is_the_same_at_every_call(tmp_path: Path) -> None:
    first, again = (speech(tmp_path / f"{name}.wav", 60, CLIPS) for name in "ab")

    assert first.text == again.text
    assert first.path.read_bytes() == again.path.read_bytes()


def test_the_words_are_those_of_the_clips_in_their_order(tmp_path: Path) -> None:
    made = speech(tmp_path / "a.wav", 60, CLIPS)

    sound, _ = soundfile.read(made.path)
    loud = np.flatnonzero(np.diff((sound > 0.2).astype(int), prepend=0, append=0))
    heard = [round((end - begin) / SAMPLE_RATE) for begin, end in loud.reshape(-1, 2)]
    said = [len(text.text.split()) // 3 for text in (CLIPS[n] for n, _ in plan(CLIPS, 60))]
    assert heard == said
    assert made.text.split() == [word for n, _ in plan(CLIPS, 60) for word in CLIPS[n].text.split()]


def test_a_pause_is_as_long_as_people_make_them_and_a_room_not_zeros(tmp_path: Path) -> None:
    made = speech(tmp_path / "a.wav", 600, CLIPS)

    sound, _ = soundfile.read(made.path)
    assert soundfile.info(made.path).duration == made.seconds == 600
    assert np.abs(sound[sound < 0.2]).mean() > 0
    assert min(made.pauses[:-1]) >= SHORTEST
    assert max(made.pauses) <= LONGEST
    assert max(made.pauses) > 4 * sorted(made.pauses)[len(made.pauses) // 2]


def test_as_many_words_a_minute_as_people_say(tmp_path: Path) -> None:
    made = speech(tmp_path / "a.wav", 600, CLIPS)

    assert len(made.text.split()) / 10 == pytest.approx(PACE, rel=0.05)


def test_what_is_shorter_begins_as_what_is_longer() -> None:
    short, long = [*plan(CLIPS, 120)], [*plan(CLIPS, 240)]

    assert short[: len(short) // 2] == long[: len(short) // 2]


def test_no_clip_comes_again_before_all_had_their_turn() -> None:
    numbers = [number for number, _ in plan(CLIPS, 300)]

    turns = [numbers[at : at + len(CLIPS)] for at in range(0, len(numbers), len(CLIPS))]
    whole = [turn for turn in turns[:-2]]
    assert all(set(turn) == set(range(len(CLIPS))) for turn in whole)
    assert any(turn != after for turn, after in pairwise(whole))


def test_nothing_fits_where_every_clip_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no clip"):
        speech(tmp_path / "a.wav", 1, CLIPS[2:])


def test_where_nobody_speaks_there_is_silence_and_noise(tmp_path: Path) -> None:
    path = nobody(tmp_path / "quiet.wav", 80)

    sound, _ = soundfile.read(path)
    loudness = [float(part.std()) for part in np.split(sound, 4)]
    assert loudness[0] == 0
    assert loudness == sorted(loudness)


def test_the_ratio_is_to_the_fastest_rival_of_the_same_turn() -> None:
    runs = {"ours": turns(1.0, 2.0), "a": turns(3.0, 3.0), "b": turns(2.0, 5.0), "c": turns(0.1)}

    assert ratios(runs, "ours", ["a", "b"]) == [2.0, 1.5]


def test_growth_is_that_of_the_last_third_beside_the_first() -> None:
    held = [100, 100, 500, 100, 100, 100, 110, 110, 110]

    grown = growth([Sample(at=at, own=bytes_, children=0) for at, bytes_ in enumerate(held)])

    assert grown == pytest.approx(0.1)


def turns(*seconds: float) -> list[Run]:
    return [Run(seconds=each, cpu_seconds=0.0, memory=0, text="") for each in seconds]


def test_the_table_has_a_line_for_each_and_the_promises_are_beside_the_fastest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.bench_report.FOLDER", tmp_path)
    heard = speech(tmp_path / "a.wav", 60, CLIPS)
    took = {
        "Spool, faster_whisper": 1.0,
        "Spool, whisper_cpp": 4.0,
        "faster-whisper batched, greedy": 1.4,
        "faster-whisper batched, beam 5": 1.6,
        "pywhispercpp, 2 threads": 10.0,
    }
    runs = {
        name: [Run(seconds=seconds, cpu_seconds=1.0, memory=2**20, text=heard.text)]
        for name, seconds in took.items()
    }
    report = Report("asr")

    tell(report, "tiny.en", dict.fromkeys(took, heard), runs)

    assert not report.publish()  # 1.4 times, where 1.5 were promised
    assert [row.holds for row in report.rows] == [False, True, True, True]
    assert "tiny.en  Spool, faster_whisper           60.0x" in capsys.readouterr().out
    assert (tmp_path / "asr.json").is_file()
