"""How much the encoder hears of a window, and what is tried when it reads badly."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.adapters.engines import faster_whisper_again as again
from app.adapters.engines import faster_whisper_worker as worker
from app.adapters.engines.bell import Bell, Rings
from app.adapters.engines.faster_whisper_encoder import never
from app.adapters.engines.faster_whisper_heard import Heard, Stretch
from app.adapters.engines.faster_whisper_sound import WHOLE
from app.adapters.engines.spelling import Spelling
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import WindowTranscript

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


LOOP = heard("go " * 90)


class Listener:
    """Stands for the ear: tells languages by how long a window is."""

    def __init__(self, languages: dict[float, str]) -> None:
        self.model = self
        self.is_multilingual = True
        self.contexts: list[float] = []
        self._languages = languages

    def detect_language(self, encoded: tuple[list[Any], float]) -> list[list[tuple[str, float]]]:
        [sound], seconds = encoded
        self.contexts.append(seconds)
        return [[(f"<|{self._languages[len(sound) / SAMPLE_RATE]}|>", 0.9)]]


class Decoder:
    """Says how long each sound is, or what it was told to say; notes how it was asked."""

    def __init__(self) -> None:
        self.contexts: list[tuple[float, int]] = []
        self.ways: list[dict[str, Any]] = []
        self.options: list[DecodingOptions] = []
        self.says: list[Heard] = []

    def __call__(
        self,
        ear: object,
        sounds: list[Any],
        seconds: float,
        options: DecodingOptions,
        enough: Callable[[], bool] = never,
        **how: Any,
    ) -> list[Heard]:
        self.options.append(options)
        self.contexts.append((seconds, len(sounds)))
        self.ways.append(how)
        says: list[Heard] = []
        while len(says) < len(sounds) and not (says and enough()):
            length = f"{len(sounds[len(says)]) / SAMPLE_RATE:g}"
            says.append(self.says.pop(0) if self.says else heard(length))
        return says


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    made = Decoder()
    monkeypatch.setattr(worker, "load", lambda path: None)
    monkeypatch.setattr(worker, "samples", lambda window: np.zeros(window.samples, np.float32))
    monkeypatch.setattr(worker, "decode", made)
    monkeypatch.setattr(again, "decode", made)
    return made


def transcribed(
    windows: Sequence[AudioWindow], options: DecodingOptions = ENGLISH
) -> list[WindowTranscript]:
    """All of them, for no bell rings."""
    work = worker.transcribe("m", windows, options, Rings(file="", count=0))
    return [transcript for transcript in work.transcripts if transcript]


def texts(*windows: AudioWindow) -> list[str]:
    return [" ".join(segment.text for segment in t.segments) for t in transcribed(windows)]


def test_windows_of_like_length_are_decoded_together_and_results_keep_their_order(
    decoder: Decoder,
) -> None:
    lengths = [19.0, 3.0, 11.0, 18.5, 5.0, 28.0]
    found = texts(*(window(number, each) for number, each in enumerate(lengths)))
    assert found == ["19", "3", "11", "18.5", "5", "28"]
    assert decoder.contexts == [(22.0, 2), (10.0, 2), (14.0, 1), (30.0, 1)]


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
    tried = {name for rung in again.LADDER for name in rung.how}
    assert tried and not any(name.startswith("sampling") for name in tried)


def test_the_first_way_that_reads_well_and_passes_over_nothing_is_taken(decoder: Decoder) -> None:
    decoder.says = [heard("go " * 90), heard("this skips", lasting=3.0), heard("this is all")]
    assert texts(window(0, 8.0)) == ["this is all"]
    assert decoder.ways == [{}, *(rung.how for rung in again.LADDER[:2])]


def test_if_no_way_reads_well_the_least_bad_is_taken(decoder: Decoder) -> None:
    ways = len([rung for rung in again.LADDER if rung.prompt])
    decoder.says = [heard("go " * 90, -0.1), *[heard(f"guess {n}", -2.0 - n) for n in range(ways)]]
    assert texts(window(0, 8.0)) == ["guess 0"]
    decoder.says = [heard("guess", -1.1), *[heard("so it goes", lasting=3.0)] * ways]
    assert texts(window(0, 8.0)) == ["so it goes"]


def repaired(*windows: AudioWindow, prompt: str | None = None) -> list[tuple[str, str] | None]:
    """Why each was heard again, and what helped."""
    found = transcribed(windows, replace(ENGLISH, prompt=prompt))
    told = [transcript.repair for transcript in found]
    return [(each.reason, each.way) if each else None for each in told]


def test_what_reads_well_at_once_was_not_repaired(decoder: Decoder) -> None:
    assert repaired(window(0, 8.0), window(1, 3.0)) == [None, None]


@pytest.mark.parametrize(
    ("first", "reason"),
    [(LOOP, "repetition"), (heard("guess", -2.0), "low_logprob"), (heard(""), "no_text")],
    ids=["repetition", "low_logprob", "no_text"],
)
def test_it_is_told_why_a_window_was_heard_again_and_what_helped(
    decoder: Decoder, first: Heard, reason: str
) -> None:
    decoder.says = [first, heard("all is well")]
    assert repaired(window(0, 8.0)) == [(reason, "beam")]
    decoder.says = [first, *[LOOP] * 2, heard("all is well")]
    assert repaired(window(0, 8.0)) == [(reason, "penalty")]
    decoder.says = [first, *[heard("guess", -2.0)] * 3]
    assert repaired(window(0, 8.0)) == [(reason, "none")]


def test_the_prompt_is_the_last_that_is_given_up(decoder: Decoder) -> None:
    decoder.says = [LOOP] * 4
    assert repaired(window(0, 8.0), prompt="Ann") == [("repetition", "no_prompt")]
    assert [options.prompt for options in decoder.options] == [*["Ann"] * 4, None]


def test_passed_over_speech_is_told_with_what_brought_it_back(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder.says = [SKIPS, heard("all is well")]
    assert repaired(window(0, 12.0)) == [("skipped_speech", "full_context")]
    with_pauses(monkeypatch, (4.8, 5.2))
    decoder.says = [SKIPS, heard("Is he in?"), heard("Printing, in the")]
    assert repaired(window(0, 12.0)) == [("skipped_speech", "parts")]
    with_pauses(monkeypatch)
    decoder.says = [SKIPS, SKIPS]
    assert repaired(window(0, 12.0)) == [("skipped_speech", "none")]


def in_two_languages(monkeypatch: pytest.MonkeyPatch) -> tuple[Listener, list[AudioWindow]]:
    """German, French and German, and an ear that tells so."""
    ear = Listener({4.0: "de", 5.0: "fr", 6.0: "de"})
    monkeypatch.setattr(worker, "load", lambda path: ear)
    monkeypatch.setattr(worker, "encode", lambda ear, sounds, seconds: (sounds, seconds))
    windows = [window(number, seconds) for number, seconds in enumerate((4.0, 5.0, 6.0))]
    return ear, windows


def test_windows_in_two_languages_are_decoded_each_in_its_own(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, windows = in_two_languages(monkeypatch)
    transcribed(windows, DecodingOptions())
    assert [options.language for options in decoder.options] == ["de", "fr"]
    assert ear.contexts == [WHOLE] * 3, "with less it is less sure"


def with_pauses(monkeypatch: pytest.MonkeyPatch, *pauses: tuple[float, float]) -> None:
    monkeypatch.setattr(again, "pauses", lambda sound: list(pauses))


def test_speech_that_a_word_of_seconds_stands_for_is_heard_in_parts(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (1.9, 2.1), (4.8, 5.2), (7.0, 7.9))
    decoder.says = [SKIPS, heard("Is he in?"), heard("Printing, in the")]
    [transcript] = transcribed([window(0, 14.0)])
    assert [segment.text for segment in transcript.segments] == ["Is he in?", "Printing, in the"]
    assert transcript.segments[1].start == 5.0, "times are those of the window"
    assert decoder.contexts == [(18.0, 1), (10.0, 1), (12.0, 1)], "each part as long as it is"


def test_speech_behind_the_last_word_is_heard_in_a_part_of_its_own(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (1.0, 1.1), (4.0, 5.0), (11.9, 12.0))
    half = replace(heard("Is he in?", lasting=1.0), unheard=Stretch(4.0, 11.9, 6.9))
    decoder.says = [half, heard("Is he in?"), heard("Printing, in the")]
    [transcript] = transcribed([window(0, 12.0)])
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
    decoder.says = [SKIPS, part, heard("of another"), SKIPS]
    assert texts(window(0, 12.0)) == ["Printing, in the"]


def test_of_a_part_where_nobody_speaks_no_words_are_taken(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pauses(monkeypatch, (4.8, 5.2))
    noise = replace(heard("you", -1.5), no_speech_prob=0.9)
    decoder.says = [SKIPS, noise, heard("Printing, in the")]
    assert texts(window(0, 12.0)) == ["Printing, in the"]


def spoken(windows: Sequence[AudioWindow], rings: Rings) -> list[str | None]:
    """None for what it did not come to."""
    found = worker.transcribe("m", windows, ENGLISH, rings).transcripts
    return [each.segments[0].text if each else None for each in found]


def test_who_has_to_give_way_leaves_all_but_one_window(decoder: Decoder) -> None:
    """Those of its batch, and those of another context."""
    bell, windows = Bell(), [window(number, each) for number, each in enumerate((12, 11.9, 3, 11))]
    before = bell.rings
    assert spoken(windows, before) == ["12", "11.9", "3", "11"]
    bell.ring()
    assert spoken(windows, before) == ["12", None, None, None]
    assert spoken(windows, bell.rings) == ["12", "11.9", "3", "11"], "that is over"
    bell.close()
    assert spoken(windows, before) == ["12", "11.9", "3", "11"]


def test_who_has_to_give_way_does_not_hear_again_but_the_first(decoder: Decoder) -> None:
    class Rung(Rings):
        """It rings when both are decoded."""

        def again(self) -> bool:
            return not decoder.says

    decoder.says = [heard("first"), heard("go " * 90)]
    asked = Rung(file="", count=0)
    assert spoken([window(0, 8.0), window(1, 8.0)], asked) == ["first", None]
    decoder.says = [heard("go " * 90), heard("second"), heard("mended")]
    assert spoken([window(0, 8.0), window(1, 8.0)], asked) == ["mended", "second"]


def test_a_call_that_has_to_give_way_does_not_ask_for_the_language_of_every_window(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, windows = in_two_languages(monkeypatch)
    bell = Bell()
    before = bell.rings
    bell.ring()
    found = worker.transcribe("m", windows, DecodingOptions(), before).transcripts
    assert [bool(each) for each in found] == [True, False, False]
    assert len(ear.contexts) == 1


def test_a_bell_that_is_swept_away_rings_again_and_one_that_is_closed_leaves_nothing() -> None:
    bell = Bell()
    for _ in range(3):
        bell.ring()
    file = Path(bell.rings.file)
    file.unlink()
    before = bell.rings
    assert not before.again()
    bell.ring()
    assert before.again()
    bell.close()
    bell.ring()
    assert not file.exists()


SILENT = replace(heard("you", -1.2), no_speech_prob=0.7)
SPOKEN = replace(  # ten words, and one that stands for what follows
    SKIPS,
    text="nine more words",
    words=[
        *(Spelling(0.4 * n, 0.4 * n + 0.3, f" w{n}".encode(), [0.9]) for n in range(10)),
        Spelling(4.2, 9.0, b" Printing,", [0.7]),
    ],
)


def test_a_reading_of_which_nobody_said_a_word_takes_none_away(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = texts_of(SPOKEN)
    decoder.says = [SPOKEN, SILENT]
    assert texts(window(0, 12.0)) == whole
    decoder.says = [SPOKEN, SILENT]
    assert repaired(window(0, 12.0)) == [("skipped_speech", "none")]
    with_pauses(monkeypatch, (4.8, 5.2))
    decoder.says = [SPOKEN, SILENT, heard("the rest"), SILENT]
    assert texts(window(0, 12.0)) == whole


def test_guesswork_stands_where_other_ways_hear_nobody(decoder: Decoder) -> None:
    decoder.says = [heard("these are words", -1.05), *[SILENT] * 3]
    assert texts(window(0, 8.0)) == ["these are words"]
    decoder.says = [heard("these are words", -1.05), *[SILENT] * 3]
    assert repaired(window(0, 8.0)) == [("low_logprob", "none")]


def test_what_is_said_once_too_often_is_better_than_nothing_and_a_loop_is_not(
    decoder: Decoder,
) -> None:
    said = "And so my fellow Americans"
    slow = [
        Spelling(0.4 * n, 0.4 * n + 0.4, b" " + w.encode(), [0.9])
        for n, w in enumerate(said.split())
    ]
    fast = [
        Spelling(2 + n / 50, 2.02 + n / 50, b" " + w.encode(), [0.9])
        for n, w in enumerate(said.split())
    ]
    twice = replace(heard(f"{said} {said}"), words=[*slow, *fast])
    assert twice.fault == "repetition" and not twice.loops
    decoder.says = [twice, *[heard("", -0.1)] * 3]
    assert texts(window(0, 8.0)) == [f"{said} {said}"]
    decoder.says = [LOOP, *[heard("", -0.1)] * 3]
    assert texts(window(0, 8.0)) == [""]


def test_what_is_said_ten_times_over_stands_where_other_ways_leave_most_of_it_out(
    decoder: Decoder,
) -> None:
    said = ("ask what you can do " * 12).split()
    words = [Spelling(n / 4, n / 4 + 0.25, f" {w}".encode(), [0.9]) for n, w in enumerate(said)]
    chant = replace(heard(" ".join(said), -0.1), words=words)
    less = heard("ask what you can do", lasting=9.0)
    assert chant.fault == "repetition" and chant.chants
    decoder.says = [chant, *[less] * 3]
    assert " ".join(texts(window(0, 15.0))) == " ".join(said)
    decoder.says = [chant, less, less, heard("this is all")]
    assert texts(window(0, 15.0)) == ["this is all"]


@pytest.mark.parametrize(
    "made_up",
    [
        pytest.param(replace(LOOP, logprob=-0.6), id="unlikely"),
        pytest.param(replace(LOOP, unheard=Stretch(0.0, 5.0, 5.0)), id="leaves-sound-out"),
    ],
)
def test_a_loop_that_does_not_fit_its_sound_is_no_chant(made_up: Heard) -> None:
    fits = [Spelling(n / 4, n / 4 + 0.25, b" go", [0.9]) for n in range(90)]
    assert not replace(made_up, words=fits).chants
    assert not replace(made_up, words=[Spelling(0.0, 0.1, b" go", [0.9])] * 90).chants


def texts_of(said: Heard) -> list[str]:
    """As one segment or several, in one line."""
    return [" ".join(word.text.strip() for word in said.words)]
