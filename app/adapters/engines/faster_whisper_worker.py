"""What runs inside a worker process: CTranslate2's Whisper on a batch of windows."""

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.adapters.engines.faster_whisper_ear import Ear, decode, encode, load, translated
from app.adapters.engines.faster_whisper_heard import Heard, logprob
from app.adapters.engines.faster_whisper_parts import joined, place_to_cut
from app.adapters.engines.faster_whisper_sound import pauses, samples
from app.adapters.engines.faster_whisper_words import Line, lines
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import LanguageDetection, LanguageGuess, Segment, WindowTranscript

if TYPE_CHECKING:
    from app.adapters.engines.faster_whisper_sound import Floats

# The encoder hears the window and some silence, not 30 s. With less, Whisper says the same words
# over and over: at a margin of 1 s and no least length, 3 of 15 clips did. How much silence changes
# words here and there, so it follows the window alone: who came along depends on the hour.
MARGIN = 4.0  # seconds of silence after the window
LEAST = 10.0  # seconds
WHOLE = 30.0  # seconds: the most that Whisper can hear
#: Seconds. Windows that need the same number of steps are decoded together.
STEP = 2.0
ALTERNATIVES = 4
#: What is tried in turn on a window that reads badly. openai/whisper draws lots here, at rising
#: temperatures; then a window heard again would read otherwise.
LADDER: tuple[dict[str, Any], ...] = (
    {"beam_size": 5},
    {"beam_size": 5, "repetition_penalty": 1.1, "no_repeat_ngram_size": 3},
    {"beam_size": 5, "repetition_penalty": 1.3, "no_repeat_ngram_size": 3},
)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What came of a batch, and how long it took: waiting and loading do not count."""

    transcripts: list[WindowTranscript]
    seconds: float


def warm(model_path: str) -> None:
    load(model_path)


def detect_language(model_path: str, window: AudioWindow) -> LanguageDetection:
    ear = load(model_path)
    if not ear.model.is_multilingual:
        return LanguageDetection(language="en", confidence=1.0)
    with translated("CTranslate2 could not tell the language"):
        encoded = encode(ear, [samples(window)], WHOLE)  # with less it is less sure
        [likely] = ear.model.detect_language(encoded)
    guesses = [LanguageGuess(language=mark[2:-2], confidence=share) for mark, share in likely]
    return LanguageDetection(
        language=guesses[0].language,
        confidence=guesses[0].confidence,
        alternatives=tuple(guesses[1 : 1 + ALTERNATIVES]),
    )


def transcribe(model_path: str, windows: Sequence[AudioWindow], options: DecodingOptions) -> Work:
    """Greedily, those of like length at once; what reads badly, again by itself."""
    ear = load(model_path)
    began = time.monotonic()
    found: dict[AudioWindow, WindowTranscript] = {}
    with translated("CTranslate2 failed"):
        for context, alike in _by_context(windows).items():
            sounds = [samples(window) for window in alike]
            heard = decode(ear, sounds, context, options)
            for window, sound, first in zip(alike, sounds, heard, strict=True):
                best = _mended(ear, sound, first, options)
                found[window] = _transcript(window, best, options)
    transcripts = [found[window] for window in windows]
    return Work(transcripts=transcripts, seconds=time.monotonic() - began)


def _mended(ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions) -> Heard:
    """As it is if it reads well, else the first way of the ladder that does and skips nothing.

    If none does, the likeliest of those that are least bad.
    """
    if not first.reads_badly:
        return _completed(ear, sound, first, options) if first.skips else first
    tries = [first]
    for way in LADDER:
        [heard] = decode(ear, [sound], WHOLE, options, **way)
        if not heard.reads_badly and not heard.skips:
            return heard
        tries.append(heard)
    return max(tries, key=lambda heard: (not heard.repeats, not heard.reads_badly, heard.logprob))


def _completed(ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions) -> Heard:
    """With all of its context Whisper passes over less, and in two parts less than at once."""
    [again] = decode(ear, [sound], WHOLE, options)
    better = not again.reads_badly and again.passed_over.sound < first.passed_over.sound
    best = again if better else first
    return _in_parts(ear, sound, best, options) if best.skips else best


def _in_parts(ear: Ear, sound: "Floats", whole: Heard, options: DecodingOptions) -> Heard:
    """Cut where speech was passed over; `whole` if that cannot be or does not help."""
    place = place_to_cut(whole, pauses(sound), len(sound) / SAMPLE_RATE)
    if place is None:
        return whole
    cut = round(place * SAMPLE_RATE)
    first, second = decode(ear, [sound[:cut], sound[cut:]], WHOLE, options)
    if any(part.reads_badly or part.skips for part in (first, second)):
        return whole
    return joined(first, second, place)


def _transcript(window: AudioWindow, heard: Heard, options: DecodingOptions) -> WindowTranscript:
    words = [] if heard.silent else heard.words
    return WindowTranscript(
        number=window.number,
        segments=tuple(
            _segment(line, heard, options).shifted(window.start) for line in lines(words)
        ),
        language=heard.language,
    )


def _segment(line: Line, heard: Heard, options: DecodingOptions) -> Segment:
    """Times in the window."""
    return Segment(
        start=line[0].start,
        end=line[-1].end,
        text="".join(word.text for word in line).strip(),
        avg_logprob=min(heard.most(), logprob(line)),
        no_speech_prob=heard.no_speech_prob,
        words=tuple(word.word() for word in line) if options.word_timestamps else (),
    )


def _by_context(windows: Sequence[AudioWindow]) -> dict[float, list[AudioWindow]]:
    groups: dict[float, list[AudioWindow]] = defaultdict(list)
    for window in windows:
        groups[_context(window)].append(window)
    return groups


def _context(window: AudioWindow) -> float:
    """Seconds that the encoder hears."""
    steps = math.ceil((window.seconds + MARGIN) / STEP)
    return min(WHOLE, max(LEAST, steps * STEP))
