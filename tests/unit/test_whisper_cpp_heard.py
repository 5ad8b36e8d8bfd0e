"""When a window must be heard again by whisper.cpp, and which of several hearings stands."""

import pytest

from app.adapters.engines.whisper_cpp_heard import Heard, best
from app.domain.transcript import Segment


def heard(*texts: str, logprob: float = -0.3, seconds: float = 4.0) -> Heard:
    """`seconds` each."""
    return Heard(
        segments=tuple(
            Segment(start=at * seconds, end=(at + 1) * seconds, text=text, avg_logprob=logprob)
            for at, text in enumerate(texts)
        )
    )


ONCE = "The printing press came to us from Mainz."
AGAIN = "and from there it went to the whole world"
CRAMMED = Heard(
    segments=(
        Segment(start=0.0, end=4.0, text=ONCE, avg_logprob=-0.2),
        Segment(start=4.0, end=4.3, text=ONCE, avg_logprob=-0.2),
    )
)


def test_what_reads_well_has_no_fault() -> None:
    assert heard(ONCE, AGAIN).fault is None
    assert heard().fault is None


def test_a_loop_is_repetition() -> None:
    assert heard("no, no, no, " * 20).fault == "repetition"


def test_a_sentence_that_stands_there_twice_without_time_is_repetition() -> None:
    assert CRAMMED.fault == "repetition"


def test_a_sentence_that_is_said_twice_is_none() -> None:
    assert heard(ONCE, AGAIN, ONCE).fault is None


def test_guesswork_is_a_fault() -> None:
    assert heard(ONCE, logprob=-1.2).fault == "low_logprob"


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        pytest.param([heard("ha " * 50), heard(ONCE, logprob=-2)], 1, id="no-loop-before-likely"),
        pytest.param([heard(ONCE, logprob=-2), heard(ONCE, logprob=-1.5)], 1, id="likelier"),
        pytest.param([heard(ONCE, logprob=-1.2), heard()], 0, id="something-before-nothing"),
        pytest.param([CRAMMED, heard()], 0, id="said-twice-before-nothing"),
        pytest.param([CRAMMED, heard(ONCE, logprob=-2)], 1, id="guesswork-before-said-twice"),
        pytest.param([heard("no, no, no, " * 20), heard()], 1, id="nothing-before-a-loop"),
        pytest.param([heard(ONCE, logprob=-2), heard(AGAIN, logprob=-2)], 0, id="first-of-like"),
    ],
)
def test_the_least_bad_stands_where_none_reads_well(tries: list[Heard], expected: int) -> None:
    assert best(tries) is tries[expected]
