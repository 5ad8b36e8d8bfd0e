"""Words out of the pauses, and into segments."""

import numpy as np
import pytest

from app.adapters.engines.faster_whisper_sound import Pause, features, pauses
from app.adapters.engines.faster_whisper_words import LONGEST, lines, settle, unheard
from app.adapters.engines.spelling import Spelling, Token, spell
from app.domain.media import SAMPLE_RATE
from app.domain.mel import filters


def said(*words: tuple[float, float, str]) -> list[Spelling]:
    return [Spelling(start, end, f" {text}".encode(), [0.9]) for start, end, text in words]


def times(words: list[Spelling]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in words]


def texts(words: list[Spelling]) -> list[str]:
    return ["".join(word.text for word in line).strip() for line in lines(words)]


@pytest.mark.parametrize(
    ("aligned", "pause", "settled"),
    [
        # alignment gave the silence to the word after it, to the one before it, to the full stop
        ([(0.0, 2.2, "fellow"), (2.2, 3.8, "ask")], (2.1, 3.2), [(0.0, 2.1), (3.2, 3.8)]),
        ([(0.0, 1.4, "you,"), (1.4, 1.8, "ask")], (0.6, 1.3), [(0.0, 0.6), (1.3, 1.8)]),
        ([(0.0, 1.0, "times."), (1.8, 1.8, "It")], (1.0, 1.6), [(0.0, 1.0), (1.6, 1.8)]),
        # a pause inside a word is none between words
        ([(0.0, 0.4, "a"), (0.4, 3.0, "long")], (1.5, 2.0), [(0.0, 0.4), (0.4, 3.0)]),
    ],
)
def test_words_leave_the_pauses_between_them(
    aligned: list[tuple[float, float, str]], pause: Pause, settled: list[tuple[float, float]]
) -> None:
    words = said(*aligned)
    settle(words, [pause], 4.0)
    assert times(words) == settled


def test_the_first_and_the_last_word_leave_the_silence_at_the_edges() -> None:
    words = said((0.0, 1.0, "Well"), (1.0, 5.0, "then."))
    settle(words, [(0.0, 0.4), (1.9, 5.0)], 5.0)
    assert times(words) == [(0.4, 1.0), (1.0, 1.9)]


def test_no_word_is_outside_the_window_or_ends_before_it_begins() -> None:
    words = said((0.0, 0.0, "a"), (3.0, 9.0, "b"))
    settle(words, [], 4.0)
    assert all(0 <= start <= end <= 4.0 for start, end in times(words))
    settle([], [(0.0, 1.0)], 4.0)


def test_sentences_pauses_and_the_breath_after_a_comma_end_a_segment() -> None:
    words = said(
        (0.0, 0.4, "Mr."),
        (0.5, 0.9, "Smith"),
        (0.9, 1.4, "went."),
        (1.4, 1.9, "He"),
        (2.9, 3.2, "returned,"),
        (3.3, 3.6, "happy,"),
        (4.2, 4.6, "and"),
        (4.6, 4.8, "sat."),
        (5.2, 5.5, "Yes."),
    )
    lines = ["Mr. Smith went.", "He", "returned, happy,", "and sat.", "Yes."]
    assert texts(words) == lines


def test_a_long_sentence_is_cut_after_a_clause_near_its_middle() -> None:
    words = said(*((n * 0.5, n * 0.5 + 0.5, "word," if n == 11 else "word") for n in range(20)))
    assert [len(text.split()) for text in texts(words)] == [12, 8]


def test_no_segment_is_longer_than_a_subtitle_stays() -> None:
    words = said(*((n * 0.5, n * 0.5 + 0.5, "word") for n in range(100)))
    found = list(lines(words))
    assert all(line[-1].end - line[0].start <= LONGEST for line in found)
    assert sum(len(line) for line in found) == 100
    assert texts([]) == []
    assert texts(said((0.0, 20.0, "Ooooh"))) == ["Ooooh"]


def test_tokens_join_at_spaces_and_letters_may_span_them() -> None:
    parts = [b" caf", b"\xc3", b"\xa9", b".", b" au"]
    tokens = [
        Token(start=n / 10, end=(n + 1) / 10, probability=0.5, letters=part)
        for n, part in enumerate(parts)
    ]
    first, second = spell(tokens)
    assert (first.text, second.text) == (" café.", " au")
    assert (first.start, first.end) == (0.0, 0.4)
    assert first.word().probability == 0.5


def test_characters_that_stand_without_spaces_are_words() -> None:
    tokens = [
        Token(start=0.0, end=0.1, probability=1.0, letters=letter.encode()) for letter in "你好"
    ]
    assert [word.text for word in spell(tokens)] == ["你", "好"]


def test_pauses_are_where_it_is_much_quieter_than_elsewhere() -> None:
    random = np.random.default_rng(seed=1)
    loud = random.normal(scale=0.1, size=SAMPLE_RATE).astype(np.float32)
    hush = random.normal(scale=0.001, size=SAMPLE_RATE // 2).astype(np.float32)
    blip = hush[: SAMPLE_RATE // 20]
    found = pauses(np.concatenate([loud, hush, loud, blip, loud, hush]))
    assert found == [
        pytest.approx((1.0, 1.5), abs=0.03),
        pytest.approx((4.05 - 0.5, 4.05), abs=0.03),
    ]


def test_even_sound_has_no_pauses() -> None:
    noise = np.random.default_rng(seed=1).normal(scale=0.1, size=SAMPLE_RATE).astype(np.float32)
    assert pauses(noise) == []
    assert pauses(np.zeros(SAMPLE_RATE, np.float32)) == []
    assert pauses(np.zeros(3, np.float32)) == []


@pytest.mark.parametrize("samples", [1, 100, SAMPLE_RATE])
def test_features_fill_up_with_silence(samples: int) -> None:
    mel = np.array(filters(80), np.float32)
    clock = np.arange(samples, dtype=np.float32) / SAMPLE_RATE
    sound = np.sin(2 * np.pi * 1000 * clock).astype(np.float32)
    found = features(sound, mel, 2 * SAMPLE_RATE)
    assert found.shape == (80, 200) and found.dtype == np.float32
    assert found[:, 150:].max() == found.min()


def test_a_tone_is_loudest_in_its_own_band() -> None:
    mel = np.array(filters(80), np.float32)
    clock = np.arange(SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
    found = features(np.sin(2 * np.pi * 1000 * clock).astype(np.float32), mel, SAMPLE_RATE)
    band = int(found[:, 50].argmax())
    assert band == int(mel[:, 25].argmax())  # 1000 Hz is the 25th step of 40 Hz


@pytest.mark.parametrize(
    ("words", "quiet", "found"),
    [
        ([(0.0, 4.0, "printing.")], [(4.0, 5.0)], (4.0, 12.0, 7.0)),
        ([(9.0, 12.0, "Printing")], [(8.0, 9.0)], (0.0, 9.0, 8.0)),
        ([(0.0, 3.0, "so"), (9.0, 12.0, "it")], [(3.0, 4.0), (8.5, 9.0)], (3.0, 9.0, 4.5)),
        ([(0.0, 3.0, "so"), (9.0, 12.0, "it")], [(2.0, 10.0)], (12.0, 12.0, 0.0)),
        ([], [], (0.0, 12.0, 12.0)),
    ],
    ids=["behind", "before", "between", "quiet", "no words"],
)
def test_sound_without_a_word_is_told(
    words: list[tuple[float, float, str]], quiet: list[Pause], found: tuple[float, float, float]
) -> None:
    stretch = unheard(said(*words), quiet, 12.0)
    assert stretch.sound == pytest.approx(found[2])
    if stretch.sound:
        assert stretch == pytest.approx(found)
