"""What reads well, and what must be heard again."""

import math
from dataclasses import replace

import pytest

from app.adapters.engines.faster_whisper_heard import Heard, Stretch, logprob
from app.adapters.engines.spelling import Spelling


def heard(
    text: str = "so it goes", *, mean: float = -0.3, no_speech: float = 0.1, lasting: float = 0.5
) -> Heard:
    words = [Spelling(0.0, lasting, part.encode(), [0.5]) for part in text.split()]
    return Heard(language="en", text=text, words=words, logprob=mean, no_speech_prob=no_speech)


def test_plain_speech_reads_well() -> None:
    found = heard()
    assert not (found.reads_badly or found.skips or found.silent or found.repeats)
    assert found.most() == 0.0


@pytest.mark.parametrize("found", [heard(mean=-1.1), heard("go on " * 40), heard("")])
def test_guesswork_repetition_and_nothing_read_badly(found: Heard) -> None:
    assert found.reads_badly


@pytest.mark.parametrize("text", ["you", "", "you " * 40])
def test_where_nobody_speaks_nothing_is_wrong(text: str) -> None:
    found = heard(text, mean=-1.1, no_speech=0.9, lasting=5.0)
    assert found.silent and not found.reads_badly and not found.skips


def test_one_doubt_alone_is_no_silence() -> None:
    assert not heard(mean=-0.5, no_speech=0.9).silent
    assert not heard(mean=-1.5, no_speech=0.5).silent


def test_a_word_that_lasts_for_seconds_stands_for_others() -> None:
    assert heard(lasting=2.5).skips and not heard(lasting=1.9).skips


def test_sound_of_seconds_without_a_word_was_passed_over() -> None:
    found = replace(heard(), unheard=Stretch(4.0, 9.0, 2.5))
    assert found.skips and not found.reads_badly and found.passed_over == (4.0, 9.0, 2.5)
    assert not replace(heard(), unheard=Stretch(4.0, 9.0, 1.9)).skips


def test_no_line_of_guesswork_is_likelier_than_the_whole() -> None:
    assert heard(mean=-1.5).most() == -1.5
    assert heard(mean=-1.0 - 1e-6).most() == pytest.approx(-1.0)
    assert heard("", mean=-0.1).most() == logprob([]) < -10
    assert logprob(heard().words) == pytest.approx(math.log(0.5))


def test_of_sound_without_any_word_all_was_passed_over() -> None:
    nothing = replace(heard(), unheard=Stretch(0.0, 9.0, 8.0))
    assert nothing.passed_over == (0.0, 9.0, 8.0)
