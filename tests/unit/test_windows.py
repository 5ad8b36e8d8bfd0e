"""Where windows are cut: rules on small numbers, laws on any numbers, and real speech."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.media import FRAME, SAMPLE_RATE, Audio, Span
from app.pipeline.windows import ENOUGH, JOIN, PAD, SPEECH, WindowCutter, windows
from app.ports import Sound

SECOND = SAMPLE_RATE / FRAME  # frames


def frames(seconds: float) -> int:
    return round(seconds * SECOND)


def speech(seconds: float) -> list[float]:
    return [0.9] * frames(seconds)


def silence(seconds: float) -> list[float]:
    return [0.02] * frames(seconds)


def cut(probabilities: Sequence[float], max_seconds: float = 28.0, block: int = 0) -> list[Span]:
    cutter = WindowCutter(max_seconds)
    step = block or len(probabilities) or 1
    spans = []
    for first in range(0, len(probabilities), step):
        spans += cutter.feed(probabilities[first : first + step])
    return spans + cutter.finish(len(probabilities) * FRAME)


def in_frames(spans: Sequence[Span]) -> list[tuple[int, int]]:
    return [(span.first // FRAME, span.last // FRAME) for span in spans]


def test_silence_has_no_windows() -> None:
    assert cut([]) == []
    assert cut(silence(60)) == []


def test_speech_is_padded_on_both_sides() -> None:
    found = in_frames(cut(silence(5) + speech(2) + silence(5)))
    assert found == [(frames(5) - PAD, frames(5) + frames(2) + PAD)]


def test_padding_stays_inside_the_medium() -> None:
    assert in_frames(cut(speech(2))) == [(0, frames(2))]


def test_the_last_window_ends_with_the_last_sample() -> None:
    cutter = WindowCutter()
    assert cutter.feed(speech(1)) == []
    assert cutter.finish(frames(1) * FRAME - 100) == [Span(first=0, last=frames(1) * FRAME - 100)]


def test_a_short_word_is_kept_and_a_click_is_not() -> None:
    assert len(cut(silence(5) + [0.9] * ENOUGH + silence(5))) == 1
    assert cut(silence(5) + [0.9] * (ENOUGH - 1) + silence(5)) == []


def test_a_click_near_speech_is_kept_with_it() -> None:
    found = in_frames(cut(silence(4) + [0.9] * 2 + silence(1) + speech(3) + silence(4)))
    assert len(found) == 1
    assert found[0][0] < frames(4)


def test_doubt_ends_no_speech() -> None:
    doubtful = [0.4] * frames(5)
    assert len(cut(speech(1) + doubtful + speech(1))) == 1
    assert cut(silence(1) + doubtful + silence(1)) == []


def test_speech_is_joined_over_a_short_silence_and_parted_by_a_long_one() -> None:
    assert len(cut(speech(2) + [0.02] * (JOIN - 1) + speech(2))) == 1
    assert len(cut(speech(2) + [0.02] * JOIN + speech(2))) == 2


def test_a_window_that_gets_too_long_is_cut_at_the_longest_pause_of_its_later_half() -> None:
    early, short, long = silence(2.5), silence(0.5), silence(1.5)
    probabilities = speech(5) + early + speech(10) + long + speech(4) + short + speech(10)
    found = in_frames(cut(probabilities))
    pause = frames(5) + frames(2.5) + frames(10)
    assert found[0] == (0, pause + PAD)
    assert found[1][0] == pause + frames(1.5) - PAD
    assert found[-1][1] == len(probabilities)
    assert len(found) == 2


def test_a_quiet_pause_goes_before_a_noisy_one_of_the_same_length() -> None:
    quiet, noisy = [0.01] * 20, [0.3] * 20
    probabilities = speech(16) + quiet + speech(4) + noisy + speech(10)
    assert in_frames(cut(probabilities))[0][1] == frames(16) + PAD


def test_a_pause_shorter_than_the_padding_is_shared() -> None:
    found = in_frames(cut(speech(20) + [0.01] * 6 + speech(20)))
    assert found[0][1] == found[1][0] == frames(20) + 3


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    probabilities = [*speech(20), 0.6, *speech(20)]
    found = in_frames(cut(probabilities))
    assert found[0] == (0, frames(20))
    assert found[1] == (frames(20), len(probabilities))


def test_the_leftover_of_unbroken_speech_is_kept_however_short() -> None:
    full = int(28 * SECOND)
    found = in_frames(cut([0.9] * (full + 1)))
    assert found[0][1] == found[1][0]
    assert found[1][1] == full + 1
    assert found[1][1] - found[1][0] > frames(0.9)


def test_a_window_is_given_out_as_soon_as_its_end_is_known() -> None:
    cutter = WindowCutter()
    assert cutter.feed(speech(3) + [0.0] * (JOIN - 1)) == []
    assert len(cutter.feed([0.0])) == 1


#: Runs of speech, doubt and silence, as real ones come: a level, and a number of frames.
runs = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.34, 0.35, 0.4, 0.49, 0.5, 0.7, 1.0]),
        st.one_of(st.integers(1, 12), st.integers(1, 400)),
    ),
    max_size=40,
)


def spread(given_runs: list[tuple[float, int]]) -> list[float]:
    """Each run with a little unevenness, so that the quietest frame is not always the last."""
    return [
        level - 0.005 * (number % 7) if level not in (0.0, 0.5, 0.35) else level
        for level, length in given_runs
        for number in range(length)
    ]


@settings(max_examples=200, deadline=None, database=None)
@given(runs=runs, block=st.integers(1, 500), max_seconds=st.sampled_from([5.0, 9.5, 28.0]))
def test_the_laws_of_windows(runs: list[tuple[float, int]], block: int, max_seconds: float) -> None:
    probabilities = spread(runs)
    spans = cut(probabilities, max_seconds)
    assert cut(probabilities, max_seconds, block) == spans
    assert all(0 < span.samples <= max_seconds * SAMPLE_RATE for span in spans)
    assert all(before.last <= after.first for before, after in pairwise(spans))
    assert all(0 <= span.first and span.last <= len(probabilities) * FRAME for span in spans)
    covered = {frame for first, last in in_frames(spans) for frame in range(first, last)}
    assert _certain(probabilities) <= covered


def _certain(probabilities: list[float]) -> set[int]:
    """Frames of clear speech in runs that are long enough."""
    found: set[int] = set()
    run: list[int] = []
    for frame, probability in enumerate([*probabilities, 0.0]):
        if probability >= SPEECH:
            run.append(frame)
        else:
            found |= set(run) if len(run) >= ENOUGH else set()
            run = []
    return found


class Heard:
    """A detector that has heard it all before."""

    def __init__(self, *blocks: Sequence[float]) -> None:
        self._blocks = blocks

    async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
        for block in self._blocks:
            yield block


async def test_windows_are_numbered_in_time_order_and_point_into_the_file() -> None:
    path = Path("sound.s16le")
    blocks = (speech(2) + silence(2), silence(2) + speech(2), silence(4) + speech(1))
    samples = sum(len(block) for block in blocks) * FRAME - 7
    audio = Audio(path=path, samples=samples)
    found = [window async for window in windows(Heard(*blocks), audio, WindowCutter())]
    assert [window.number for window in found] == [0, 1, 2]
    assert {window.path for window in found} == {path}
    assert found[-1].first_sample + found[-1].samples == samples
    assert found[0].start == 0


def test_a_window_shorter_than_a_pause_is_refused() -> None:
    with pytest.raises(ValueError, match="5 seconds"):
        WindowCutter(3)
