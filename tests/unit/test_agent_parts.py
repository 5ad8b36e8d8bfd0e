"""A transcript in parts: all of it, nothing twice, never much more than fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agents import parts
from app.agents.asked import Form
from app.client import Segment

FORMS: tuple[Form, ...] = ("timed", "txt", "srt", "vtt", "tsv", "lrc")


def spoken(*spans: tuple[float, float], text: str = "and so on") -> list[Segment]:
    return [
        Segment(id=number, start=start, end=end, text=f"{number} {text}")
        for number, (start, end) in enumerate(spans)
    ]


def walked(segments: list[Segment], form: Form, budget: int) -> list[parts.Cut]:
    """As an agent reads it: from `next` to `next`."""
    cuts = [parts.of_speech(segments, form, 0.0, None, budget)]
    while (start := cuts[-1].next) is not None:
        assert len(cuts) <= len(segments), "it never ends"
        cuts.append(parts.of_speech(segments, form, start, None, budget))
    return cuts


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda each: (each[0], sum(each))),
    min_size=1,
    max_size=12,
).map(lambda each: sorted(set(each)))


@given(spans=spans, budget=st.integers(1, 120))
def test_each_segment_is_in_exactly_one_part(spans: list[tuple[int, int]], budget: int) -> None:
    """Also where they overlap, begin together, or are longer than a part."""
    segments = spoken(*spans)
    lines = [line for cut in walked(segments, "tsv", budget) for line in cut.text.splitlines()]
    numbers = [int(line.split("\t")[2].split()[0]) for line in lines if line[0].isdigit()]
    assert sorted(numbers) == [segment.id for segment in segments]


@pytest.mark.parametrize("form", FORMS)
def test_a_part_holds_what_fits_and_not_more(form: Form) -> None:
    segments = spoken(*((float(second), second + 1.0) for second in range(200)))
    cuts = walked(segments, form, 400)
    assert len(cuts) > 5
    assert all(len(cut.text) <= 420 for cut in cuts)
    assert all(200 < len(cut.text) for cut in cuts[:-1])


def test_a_line_tells_its_second_and_who_speaks() -> None:
    segments = [
        Segment(start=0.5, end=1.0, text="Hello"),
        Segment(start=1.0, end=1.2, text="  "),
        Segment(start=3723.25, end=3724.0, text="Ask\nnot", speaker="Ada"),
    ]
    assert parts.written(segments, "timed") == "[0.5] Hello\n[3723.25] Ada: Ask not\n"


def test_what_is_under_way_at_the_start_belongs_to_it() -> None:
    segments = spoken((0, 4), (4, 9), (9, 12))
    assert [each.id for each in parts.within(segments, 6.0, 9.0)] == [1]
    assert [each.id for each in parts.within(segments, 4.0, None)] == [1, 2]
    assert [each.id for each in parts.within(segments, 3.9, 4.1)] == [0, 1]


def test_where_nothing_is_said_a_part_is_empty_and_the_last() -> None:
    cut = parts.of_speech(spoken((0, 4)), "timed", 60.0, None, 1000)
    assert (cut.text, cut.start, cut.end, cut.next) == ("", 60.0, 60.0, None)


@given(
    text=st.text(alphabet="ab \n", max_size=300),
    budget=st.integers(1, 50),
)
def test_the_parts_of_a_text_are_the_text(text: str, budget: int) -> None:
    cut = parts.of_text(text, 0, None, budget)
    whole = cut.text
    while cut.next is not None:
        assert 0 < len(cut.text) <= budget
        cut = parts.of_text(text, cut.next, None, budget)
        whole += cut.text
    assert whole == text


def test_a_text_is_cut_at_a_space_and_where_it_is_asked_to_end() -> None:
    assert parts.of_text("one two three", 0, None, 9).text == "one two "
    cut = parts.of_text("one two three", 4, 7, 100)
    assert (cut.text, cut.next) == ("two", None)
    assert parts.of_text("one", 50, 60, 100).text == ""
