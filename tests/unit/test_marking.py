"""What of a passage is marked, and where in time it is."""

import re
from collections.abc import Sequence
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.snowball import english_stem
from app.domain import marking
from app.domain.marking import NEIGHBOURS, SNIPPET, Span, snippet, time_at


def spans(text: str, query: str) -> list[Span]:
    return marking.spans(text, query, english_stem)


def focus(found: Sequence[Span], text: str) -> int | None:
    return marking.focus(found, text, english_stem)


def marked(text: str, query: str) -> list[str]:
    return [text[first:last] for first, last in spans(text, query)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Then add the onions and let them soften.", "softened onion", ["onions", "soften"]),
        ("We were running through the countries", "run country", ["running", "countries"]),
        ("der Bürgermeister von München", "munchen", ["München"]),
        ("L'ÉCOLE n'est pas loin", "école", ["ÉCOLE"]),
        ("我们今天讨论机器学习的未来", "机器学习", ["机器学习"]),
        ("what do you do for it", "what do you do", []),
        ("This is possible.", "possibly", ["possible"]),
        ("He gave generously.", "generous", ["generously"]),
        ("They are connected.", "connections", ["connected"]),
        ("The skies were dying", "sky die", ["skies", "dying"]),
        ("snake_case is a name", "case", ["case"]),
        ("nothing of it", "", []),
        ("", "word", []),
    ],
)
def test_words_are_marked_in_their_forms(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


def test_the_focus_is_where_most_of_the_words_stand_together() -> None:
    text = "A harbour. " + "Nothing here at all. " * 10 + "The old harbour with its lighthouse."
    found = spans(text, "harbour lighthouse")
    assert focus(found, text) == text.rindex("harbour")
    assert focus([], text) is None


def test_a_snippet_is_html_about_the_match() -> None:
    text = "x " * 200 + "a <b>bold</b> & daring harbour " + "y " * 200
    found = spans(text, "harbour")
    cut = snippet(text, found, focus(found, text))
    assert cut.startswith("…") and cut.endswith("…")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; daring <mark>harbour</mark>" in cut
    assert len(cut) < 2 * SNIPPET


@given(st.text(max_size=600), st.text(max_size=30))
def test_a_snippet_is_part_of_the_text_and_never_more_html_than_its_marks(
    text: str, query: str
) -> None:
    found = spans(text, query)
    cut = snippet(text, found, focus(found, text))
    assert set(re.findall(r"<[^>]*>", cut)) <= {"<mark>", "</mark>"}
    plain = unescape(cut.replace("<mark>", "").replace("</mark>", ""))
    if len(text) <= SNIPPET:
        assert plain == unescape(text) or "&" in text
    assert "<" not in cut.replace("<mark>", "").replace("</mark>", "")


TEXT = "one two three four five six seven eight nine ten"


@pytest.mark.parametrize(
    ("word", "times", "expected"),
    [
        ("one", (), 10.0),
        ("two", (), 10.0),  # so near to the beginning that it is kept
        ("ten", ((0, 10.0), (TEXT.index("nine"), 16.0)), 16.0),
        ("nine", ((0, 10.0), (TEXT.index("nine"), 17.0)), 16.7),
    ],
)
def test_words_late_in_a_passage_are_gone_to(
    word: str, times: tuple[tuple[int, float], ...], expected: float
) -> None:
    found = time_at(TEXT.index(word), TEXT, 10.0, 18.0, times)
    assert found == pytest.approx(expected, abs=0.5)


def test_a_pause_is_not_taken_for_slow_speech() -> None:
    """The last words before it are said long before the next part begins."""
    found = time_at(TEXT.index("eight"), TEXT, 0.0, 60.0, ((0, 0.0), (44, 55.0)))
    assert found < 4.0


@given(
    st.integers(0, 60),
    st.floats(0, 1e4),
    st.floats(0, 60),
    st.lists(st.tuples(st.integers(-5, 80), st.floats(0, 1e4)), max_size=5),
)
def test_a_time_is_always_within_the_passage(
    place: int, start: float, length: float, times: list[tuple[int, float]]
) -> None:
    found = time_at(min(place, len(TEXT)), TEXT, start, start + length, times)
    assert start <= found <= start + length


@pytest.mark.timeout(20)
def test_thousands_of_matches_in_one_text_do_not_stop_the_search() -> None:
    text = "harbour sea " * 30_000 + "harbour sea lighthouse"
    found = spans(text, "harbour sea lighthouse")
    assert text[focus(found, text) or 0 :].endswith("sea lighthouse")
    assert len(text) - (focus(found, text) or 0) <= NEIGHBOURS + len("lighthouse")


@given(st.lists(st.sampled_from(["harbour", "sea", "light", "x" * 30]), max_size=30))
def test_the_focus_is_the_first_place_with_the_most_words(words: list[str]) -> None:
    text = " ".join(words)
    found = spans(text, "harbour sea light")
    worth = [
        len({text[first:last] for first, last in found if 0 <= first - start < NEIGHBOURS})
        for start, _ in found
    ]
    best = found[worth.index(max(worth))][0] if found else None
    assert focus(found, text) == best
