"""What counts as speech among an engine's segments."""

import pytest

from app.domain.transcript import Segment, WindowTranscript
from app.pipeline.speech import is_speech, only_speech


def segment(
    text: str, avg_logprob: float | None = None, no_speech_prob: float | None = None
) -> Segment:
    return Segment(
        start=0.0, end=1.0, text=text, avg_logprob=avg_logprob, no_speech_prob=no_speech_prob
    )


@pytest.mark.parametrize(
    "text",
    ["[Music]", "(applause)", "*sighs*", "♪ la la la ♪", "♪ and on", "", " ... ", "[A] (b)", "-"],
)
def test_descriptions_of_sound_are_not_speech(text: str) -> None:
    assert not is_speech(segment(text))


@pytest.mark.parametrize(
    "text",
    [
        "Ask not.",
        "(Laughs) I think so (yes)",
        "(a) one, two, and (b)",
        "*sighs* no *really*",
        "[Music] And so my fellow Americans",
        "好",
        "42",
    ],
)
def test_words_beside_descriptions_are_kept(text: str) -> None:
    assert is_speech(segment(text))


def test_words_that_the_engine_does_not_believe_are_dropped() -> None:
    assert not is_speech(segment("Thank you.", avg_logprob=-1.5))
    assert is_speech(segment("Thank you.", avg_logprob=-0.4))


def test_words_over_likely_silence_need_more_belief() -> None:
    assert not is_speech(segment("Thank you.", avg_logprob=-1.1, no_speech_prob=0.9))
    assert is_speech(segment("Thank you.", avg_logprob=-1.1, no_speech_prob=0.1))
    assert is_speech(segment("Thank you.", avg_logprob=-0.2, no_speech_prob=0.9))


def test_a_window_keeps_its_number_and_language() -> None:
    result = WindowTranscript(
        number=7, language="en", segments=(segment("[Music]"), segment("Ask not."))
    )
    kept = only_speech(result)
    assert (kept.number, kept.language) == (7, "en")
    assert [s.text for s in kept.segments] == ["Ask not."]


def test_a_long_row_of_brackets_is_judged_at_once() -> None:
    assert is_speech(segment("[(" * 5000 + "x"))
