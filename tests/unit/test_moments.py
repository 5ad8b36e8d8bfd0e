"""A transcript cut into passages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.assets import Asset
from app.domain.media_types import MediaType
from app.domain.search import Moment
from app.domain.transcript import Segment, Transcript, Word
from app.pipeline.moments import MAX_LENGTH, MAX_SECONDS, PAUSE_SECONDS, moments_of


def segment(start: float, end: float, text: str, words: Sequence[Word] = ()) -> Segment:
    return Segment(start=start, end=end, text=text, words=tuple(words))


def spelled(start: float, text: str, *, pace: float = 0.5) -> Segment:
    """A segment with word times, `pace` seconds a word."""
    parts = text.split()
    words = [
        Word(start=start + n * pace, end=start + (n + 1) * pace, text=part)
        for n, part in enumerate(parts)
    ]
    return segment(start, start + len(parts) * pace, f" {text}", words)


def cut(*segments: Segment, description: str = "") -> list[Moment]:
    transcript = Transcript(
        segments=segments, language_detection=None, duration=3600.0, provider="p", model="m"
    )
    taken_in = datetime.fromtimestamp(1_700_000_000, UTC)
    asset = Asset(
        asset_id="a#1/ü",
        job_id="j",
        media_type=MediaType.VIDEO,
        title="A talk",
        description=description,
        labels=("x", "y"),
        created_at=taken_in,
        updated_at=taken_in,
    )
    return moments_of(asset, transcript, MarkdownTexts())


def times(found: list[Moment]) -> list[tuple[float, float, str]]:
    return [(moment.start, moment.end, moment.text) for moment in found]


def test_a_moment_carries_what_is_known_of_its_medium() -> None:
    assert cut(segment(1.5, 4.0, " Hello there. ")) == [
        Moment(
            moment_id="a#1/ü#0",
            asset_id="a#1/ü",
            media_type=MediaType.VIDEO,
            title="A talk",
            text="Hello there.",
            start=1.5,
            end=4.0,
            labels=("x", "y"),
            created_at=1_700_000_000_000,
        )
    ]


def test_ids_count_up_and_are_the_same_each_time() -> None:
    segments = [segment(n * 5.0, n * 5.0 + 4, f"Sentence {n}.") for n in range(12)]
    found = cut(*segments)
    assert [moment.moment_id for moment in found] == [f"a#1/ü#{n}" for n in range(12)]
    assert cut(*segments) == found


def test_music_without_a_word_is_found_by_its_name() -> None:
    assert times(cut()) == [(0, 0, "A talk")]
    assert times(cut(segment(0, 5, "  "), segment(5, 6, ""))) == [(0, 0, "A talk")]
    assert times(cut(description="A *waltz*")) == [(0, 0, "A talk\nA *waltz*")]


def test_speech_is_found_by_its_description() -> None:
    found = cut(segment(1, 4, "Hello there."), description="Of harbours")
    assert times(found) == [(0, 0, "A talk\nOf harbours"), (1, 4, "Hello there.")]
    assert [moment.moment_id for moment in found] == ["a#1/ü#0", "a#1/ü#1"]


def test_parts_of_a_sentence_become_one_passage() -> None:
    found = cut(
        segment(0.0, 2.5, "And so, my fellow Americans,"),
        segment(2.5, 4.0, "ask not"),
        segment(4.0, 7.5, "what your country can do for you."),
        segment(7.6, 10.8, "Ask what you can do for your country."),
    )
    assert times(found) == [
        (0.0, 7.5, "And so, my fellow Americans, ask not what your country can do for you."),
        (7.6, 10.8, "Ask what you can do for your country."),
    ]


def test_short_sentences_at_the_same_place_are_one_passage() -> None:
    found = cut(segment(0, 0.8, "Yes."), segment(0.9, 1.8, "Right."), segment(2.5, 5, "Let's go."))
    assert times(found) == [(0, 1.8, "Yes. Right."), (2.5, 5, "Let's go.")]


def test_a_pause_ends_a_passage_in_mid_sentence() -> None:
    found = cut(segment(0, 1, "well I"), segment(1 + PAUSE_SECONDS + 0.1, 5, "do not know"))
    assert [moment.text for moment in found] == ["well I", "do not know"]


def test_passages_without_sentence_ends_stay_short() -> None:
    found = cut(*(segment(n * 1.0, n + 1.0, f"and then {n}") for n in range(40)))
    assert all(moment.end - moment.start <= MAX_SECONDS for moment in found)
    assert len(found) == 40 / MAX_SECONDS


def test_a_long_segment_without_words_is_split_where_its_sentences_end() -> None:
    text = " ".join(f"Sentence {n} is one of ten." for n in range(10))
    found = cut(segment(3, 43, text))
    assert [moment.text for moment in found] == [f"Sentence {n} is one of ten." for n in range(10)]
    assert all(abs(moment.start - (3 + n * 4)) < 0.2 for n, moment in enumerate(found))
    assert found[-1].end == 43
    assert [moment.text for moment in cut(segment(0, 9, "我来。你好吗？”他们走"))] == [  # noqa: RUF001
        *("我来。", "你好吗？”", "他们走"),  # noqa: RUF001
    ]


def test_a_long_sentence_without_words_stays_whole() -> None:
    text = "and then " * 40
    assert times(cut(segment(3, 40, text))) == [(3, 40, text.strip())]


def test_a_long_segment_is_split_where_its_sentences_end() -> None:
    found = cut(
        spelled(
            10,
            "We choose to go to the moon. “Not because it is easy!” But, well, 3.5 times because"
            " it is hard. 谁说的？ Nobody knows it any more.",  # noqa: RUF001
        )
    )
    assert [(m.start, m.text) for m in found] == [
        (10.0, "We choose to go to the moon."),
        (13.5, "“Not because it is easy!”"),
        (16.0, "But, well, 3.5 times because it is hard."),
        (20.0, "谁说的？ Nobody knows it any more."),  # noqa: RUF001
    ]
    assert found[0].end == 13.5
    assert found[-1].end == 23.0


def test_words_of_chinese_are_not_torn_from_each_other() -> None:
    words = [
        Word(start=n * 1.0, end=n + 1.0, text=text)
        for n, text in enumerate("我来。你好吗。他们走。")
    ]
    found = cut(segment(0, 11, "我来。你好吗。他们走。", words))
    assert times(found) == [(0, 3, "我来。"), (3, 7, "你好吗。"), (7, 11, "他们走。")]


def test_a_sentence_without_end_is_split_by_time() -> None:
    text = " ".join(f"w{n}" for n in range(60))
    found = cut(spelled(0, text))
    assert all(moment.end - moment.start <= MAX_SECONDS for moment in found)
    assert " ".join(moment.text for moment in found) == text


def test_words_that_do_not_spell_the_segment_tell_no_times() -> None:
    whole = spelled(0, "This is a sentence. " * 10)
    assert len(cut(whole)) > 1
    wrong = replace(whole, text="Quite another text. Than the words.")
    first, second = cut(wrong)
    assert (first.text, second.text) == ("Quite another text.", "Than the words.")
    assert second.start == first.end == pytest.approx(whole.end * 19 / 35)


TEXTS = st.lists(
    st.sampled_from(["word", "end.", "stop!", "很好。", "well,", "a" * 60, "“quoted?”"]),
    min_size=1,
    max_size=60,
).map(" ".join)
SEGMENTS = st.lists(
    st.tuples(TEXTS, st.floats(0, 5), st.floats(0.1, 1.0), st.booleans()), max_size=12
)


@given(SEGMENTS)
def test_no_word_is_lost_and_time_never_runs_back(
    parts: list[tuple[str, float, float, bool]],
) -> None:
    segments: list[Segment] = []
    clock = 0.0
    for text, pause, pace, with_words in parts:
        whole = spelled(clock + pause, text, pace=pace)
        segments.append(whole if with_words else replace(whole, words=()))
        clock = whole.end
    found = cut(*segments)
    if not segments:
        return
    assert " ".join(m.text for m in found).split() == [w for s in segments for w in s.text.split()]
    assert all(m.start <= m.end for m in found)
    assert [m.start for m in found] == sorted(m.start for m in found)
    unsplit = max((s.end - s.start for s in segments if not s.words), default=0.0)
    assert all(m.end - m.start <= max(MAX_SECONDS, unsplit) + 1e-6 for m in found)
    longest = max((len(s.text) for s in segments if not s.words), default=0)
    assert all(len(m.text) <= max(MAX_LENGTH * 1.5, longest) for m in found)
