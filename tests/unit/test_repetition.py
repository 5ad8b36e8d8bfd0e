"""Words that were said once and heard twice."""

import pytest

from app.adapters.engines.repetition import crammed
from app.adapters.engines.spelling import Spelling


def said(*phrases: tuple[str, float]) -> list[Spelling]:
    """Each phrase with the seconds that it lasts, its words of like length."""
    words: list[Spelling] = []
    at = 0.0
    for phrase, seconds in phrases:
        parts = phrase.split()
        for part in parts:
            words.append(Spelling(at, at + seconds / len(parts), f" {part}".encode(), [0.9]))
            at += seconds / len(parts)
    return words


@pytest.mark.parametrize(
    "words",
    [
        said(("Ask what you can do.", 2.0), ("Ask what you can do.", 0.1)),
        said(("Ask what you can do.", 0.0), ("And then ask what you can do,", 2.0)),
        said(("Thank you. Thank you. Thank you.", 0.3)),
        said(("Ask what you can do.", 2.0), ("Not he. Ask what you can", 0.3)),
    ],
    ids=["the second", "the first", "a short one", "half of it"],
)
def test_a_phrase_that_there_is_no_sound_for_was_made_up(words: list[Spelling]) -> None:
    assert crammed(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        said(("go", 0.1)),
        said(("Ask what you can do.", 2.0), ("Ask what you can do.", 1.5)),
        said(("what your country can do for you, ask what you can do for your country", 1.0)),
    ],
    ids=["nothing", "a word", "said twice", "hasty"],
)
def test_what_is_said_twice_or_in_haste_is_no_loop(words: list[Spelling]) -> None:
    assert not crammed(words)
