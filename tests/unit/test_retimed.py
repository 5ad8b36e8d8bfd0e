"""When the words of a corrected segment are said."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.retimed import MOST, retimed
from app.domain.transcript import Segment, Word

#: Pieces of what is said, with the second in which each begins and ends.
Told = list[tuple[str, float, float]]

SAID = [("Ask", 1.0, 1.5), ("not", 1.5, 2.0), ("what", 3.0, 3.5), ("country", 3.5, 4.5)]


def said(parts: Told = SAID, *, start: float = 0.5, end: float = 6.0) -> Segment:
    words = tuple(
        Word(start=begin, end=until, text=text, probability=0.5) for text, begin, until in parts
    )
    return Segment(start=start, end=end, text=" ".join(part[0] for part in parts), words=words)


def told(words: tuple[Word, ...]) -> Told:
    return [(word.text, word.start, word.end) for word in words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask not what country", SAID),
        ("ask: Not “what” COUNTRY!", [("ask:", *SAID[0][1:]), ("Not", *SAID[1][1:]),
                                      ("“what”", *SAID[2][1:]), ("COUNTRY!", *SAID[3][1:])]),
        ("Ask now what country", [SAID[0], ("now", 1.5, 2.0), *SAID[2:]]),
        ("Ask not your land", [*SAID[:2], ("your", 3.0, 3.75), ("land", 3.75, 4.5)]),
        ("Ask not country", [*SAID[:2], SAID[3]]),
        ("Ask not of us what country", [*SAID[:2], ("of", 2.0, 2.5), ("us", 2.5, 3.0), *SAID[2:]]),
        ("Ask ye not what country", [SAID[0], ("ye", 1.5, 1.5), *SAID[1:]]),
        ("I Ask not what country", [("I", 0.5, 1.0), *SAID]),
        ("Ask not what country can", [*SAID, ("can", 4.5, 6.0)]),
        ("Be kind", [("Be", 1.0, 1.0 + 3.5 / 3), ("kind", 1.0 + 3.5 / 3, 4.5)]),
        ("", []),
        (" \n ", []),
    ],
)  # fmt: skip
def test_words_that_stay_keep_their_times_and_others_share_what_is_left(
    text: str, expected: Told
) -> None:
    found = told(retimed(said(), text))
    assert [word for word, *_ in found] == [word for word, *_ in expected]
    times = [seconds for _, *both in expected for seconds in both]
    assert [seconds for _, *both in found for seconds in both] == pytest.approx(times)


def test_nobody_claims_to_have_heard_a_new_word() -> None:
    found = retimed(said(), "Ask now what country can")
    assert [word.probability for word in found] == [0.5, None, 0.5, 0.5, None]


def test_chinese_is_told_letter_by_letter_however_the_engine_tells_it() -> None:
    segment = said([("我们", 1.0, 2.0), ("今天", 2.0, 3.0)])
    found = told(retimed(segment, "我们明天"))
    assert found == [("我", 1.0, 1.5), ("们", 1.5, 2.0), ("明", 2.0, 2.5), ("天", 2.5, 3.0)]


def test_a_space_before_a_word_makes_it_no_other_word() -> None:
    segment = said([(f" {text}", start, end) for text, start, end in SAID])
    assert told(retimed(segment, "Ask not what country")) == SAID


def test_times_outside_of_the_segment_end_with_it() -> None:
    found = told(retimed(said(start=1.25, end=4.0), "Ask not what country"))
    assert (found[0], found[-1]) == (("Ask", 1.25, 1.5), ("country", 3.5, 4.0))


def test_without_times_before_there_are_none_after() -> None:
    assert retimed(replace(said(), words=()), "Ask not") == ()


def long(count: int) -> Segment:
    return said([(f"word{n}", n * 1.0, n + 1.0) for n in range(count)], start=0, end=count)


def test_one_word_of_very_many_is_told_apart() -> None:
    segment = long(10_000)
    found = retimed(segment, segment.text.replace("word5000 ", "other "))
    assert len(found) == 10_000
    assert found[5000] == Word(start=5000.0, end=5001.0, text="other")
    assert found[:5000] + found[5001:] == segment.words[:5000] + segment.words[5001:]


def test_where_too_much_is_new_no_word_has_a_time() -> None:
    segment = long(MOST + 1)
    assert retimed(segment, " ".join(["new"] * (MOST + 1))) == ()
    assert len(retimed(segment, " ".join(["new"] * MOST + [f"word{MOST}"]))) == MOST + 1


TEXTS = st.lists(
    st.sampled_from(["a", "A,", "the", "The", "tree.", "…", "—", "日本", "語。", "it's", "ok日b"])
    | st.text(max_size=5),
    max_size=20,
).map(" ".join)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """With words in the order of time, some of them beyond its ends."""
    pieces = draw(TEXTS).split()
    times = st.floats(0, 100)
    seconds = sorted(draw(st.lists(times, min_size=2 * len(pieces), max_size=2 * len(pieces))))
    start, end = sorted((draw(times), draw(times)))
    parts = zip(pieces, seconds[::2], seconds[1::2], strict=True)
    return said(list(parts), start=start, end=end)


@given(segments(), TEXTS)
def test_words_spell_the_text_in_order_and_within_the_segment(segment: Segment, text: str) -> None:
    found = retimed(segment, text)
    if segment.words:
        assert "".join(word.text for word in found) == "".join(text.split())
    seconds = [each for word in found for each in (word.start, word.end)]
    assert all(segment.start <= each <= segment.end for each in seconds)
    assert all(word.start <= word.end for word in found)
    assert all(one.start <= next.start and one.end <= next.end for one, next in pairwise(found))
