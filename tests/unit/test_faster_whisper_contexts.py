"""How much the encoder hears of a window, and what is tried when it reads badly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.adapters.engines import faster_whisper_worker as worker
from app.adapters.engines.faster_whisper_heard import Heard, Stretch
from app.adapters.engines.spelling import Spelling
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE, AudioWindow

ENGLISH = DecodingOptions(language="en")
SKIPS = Heard(
    language="en",
    text="Printing, in the",
    words=[Spelling(0.5, 6.0, b" Printing,", [0.7]), Spelling(6.2, 7.0, b" in the", [0.9])],
    logprob=-0.1,
    no_speech_prob=0.1,
)


def window(number: int, seconds: float) -> AudioWindow:
    samples = round(seconds * SAMPLE_RATE)
    return AudioWindow(number=number, path=Path("sound"), first_sample=0, samples=samples)


def heard(text: str, logprob: float = -0.3, lasting: float = 0.5) -> Heard:
    words = [Spelling(0.0, lasting, f" {part}".encode(), [0.9]) for part in text.split()]
    return Heard(language="en", text=text, words=words, logprob=logprob, no_speech_prob=0.1)


class Decoder:
    """Says how long each sound is, or what it was told to say; notes how it was asked."""

    def __init__(self) -> None:
        self.contexts: list[tuple[float, int]] = []
        self.ways: list[dict[str, Any]] = []
        self.says: list[Heard] = []

    def __call__(
        self, ear: object, sounds: list[Any], seconds: float, options: object, **how: Any
    ) -> list[Heard]:
        self.contexts.append((seconds, len(sounds)))
        self.ways.append(how)
        return [
            self.says.pop(0) if self.says else heard(f"{len(sound) / SAMPLE_RATE:g}")
            for sound in sounds
        ]


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    made = Decoder()
    monkeypatch.setattr(worker, "load", lambda path: None)
    monkeypatch.setattr(worker, "samples", lambda window: np.zeros(window.samples, np.float32))
    monkeypatch.setattr(worker, "decode", made)
    return made


def texts(*windows: AudioWindow) -> list[str]:
    work = worker.transcribe("m", windows, ENGLISH)
    return [" ".join(segment.text for segment in t.segments) for t in work.transcripts]


def test_windows_of_like_length_are_decoded_together_and_results_keep_their_order(
    decoder: Decoder,
) -> None:
    lengths = [19.0, 3.0, 11.0, 18.5, 5.0, 28.0]
    found = texts(*(window(number, each) for number, each in enumerate(lengths)))
    assert found == ["19", "3", "11", "18.5", "5", "28"]
    assert decoder.contexts == [(24.0, 2), (10.0, 2), (16.0, 1), (30.0, 1)]


@pytest.mark.parametrize("seconds", [0.1, 5.0, 7.9, 12.0, 19.99, 28.0])
def test_the_encoder_hears_as_much_of_a_window_in_any_company(
    decoder: Decoder, seconds: float
) -> None:
    texts(window(0, seconds))
    [(alone, _)] = decoder.contexts
    assert seconds + 2.0 <= alone <= 30.0
    for mate in (1.0, 10.0, 20.0, 28.0):
        decoder.contexts.clear()
        texts(window(0, seconds), window(1, mate))
        assert decoder.contexts[0][0] == alone


def test_nothing_that_is_tried_draws_lots() -> None:
    tried = {name for way in worker.LADDER for name in way}
    assert tried and not any(name.startswith("sampling") for name in tried)


def test_the_first_way_that_reads_well_and_passes_over_nothing_is_taken(decoder: Decoder) -> None:
    decoder.says = [heard("go " * 90), heard("this skips", lasting=3.0), heard("this is all")]
    assert texts(window(0, 8.0)) == ["this is all"]
    assert decoder.ways == [{}, *worker.LADDER[:2]]


def test_if_no_way_reads_well_the_least_bad_is_taken(decoder: Decoder) -> None:
    ways = len(worker.LADDER)
    decoder.says = [heard("go " * 90, -0.1), *[heard(f"guess {n}", -2.0 - n) for n in range(ways)]]
    assert texts(window(0, 8.0)) == ["guess 0"]
    decoder.says = [heard("guess", -1.1), *[heard("so it goes", lasting=3.0)] * ways]
    assert texts(window(0, 8.0)) == ["so it goes"]


def with_pauses(monkeypatch: pytest.MonkeyPatch, *pauses: tuple[float, float]) -> None:
    monkeypatch.setattr(worker, "pauses", lambda sound: list(pauses))


def test_speech_that_a_word_of_seconds_stands_for_is_heard_in_parts(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (1.9, 2.1), (4.8, 5.2), (7.0, 7.9))
    decoder.says = [SKIPS, SKIPS, heard("Is he in?"), heard("Printing, in the")]
    [transcript] = worker.transcribe("m", [window(0, 12.0)], ENGLISH).transcripts
    assert [segment.text for segment in transcript.segments] == ["Is he in?", "Printing, in the"]
    assert transcript.segments[1].start == 5.0, "times are those of the window"
    assert decoder.contexts[-1] == (30.0, 2), "both parts at once"


def test_speech_behind_the_last_word_is_heard_in_a_part_of_its_own(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (1.0, 1.1), (4.0, 5.0), (11.9, 12.0))
    half = replace(heard("Is he in?", lasting=1.0), unheard=Stretch(4.0, 11.9, 6.9))
    decoder.says = [half, half, heard("Is he in?"), heard("Printing, in the")]
    [transcript] = worker.transcribe("m", [window(0, 12.0)], ENGLISH).transcripts
    assert [segment.text for segment in transcript.segments] == ["Is he in?", "Printing, in the"]
    assert transcript.segments[1].start == 4.5, "cut in the pause"


@pytest.mark.parametrize(
    "pauses", [[], [(0.6, 0.8)], [(6.1, 6.2)]], ids=["none", "at the beginning", "behind the word"]
)
def test_where_a_window_cannot_be_cut_it_stays_as_it_was_heard(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, pauses: list[tuple[float, float]]
) -> None:
    with_pauses(monkeypatch, *pauses)
    decoder.says = [SKIPS, SKIPS]
    assert texts(window(0, 12.0)) == ["Printing, in the"]


@pytest.mark.parametrize("part", [heard("go " * 90), heard("mm", lasting=3.0)])
def test_parts_that_read_no_better_are_not_taken(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, part: Heard
) -> None:
    with_pauses(monkeypatch, (4.8, 5.2))
    decoder.says = [SKIPS, SKIPS, part, heard("Printing, in the")]
    assert texts(window(0, 12.0)) == ["Printing, in the"]


def test_of_a_part_where_nobody_speaks_no_words_are_taken(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (4.8, 5.2))
    noise = replace(heard("you", -1.5), no_speech_prob=0.9)
    decoder.says = [SKIPS, SKIPS, noise, heard("Printing, in the")]
    assert texts(window(0, 12.0)) == ["Printing, in the"]
