"""What runs inside a worker process: CTranslate2's Whisper on a batch of windows."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.adapters.engines.bell import Rings
from app.adapters.engines.faster_whisper_again import mended
from app.adapters.engines.faster_whisper_ear import Ear, decode, load, translated
from app.adapters.engines.faster_whisper_encoder import encode
from app.adapters.engines.faster_whisper_heard import Heard, logprob
from app.adapters.engines.faster_whisper_sound import LEAST, WHOLE, samples
from app.adapters.engines.faster_whisper_sound import context as context_of
from app.adapters.engines.faster_whisper_words import Line, lines
from app.domain.decoding import DecodingOptions
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    WindowTranscript,
)

ALTERNATIVES = 4


@dataclass(frozen=True, kw_only=True)
class Work:
    """What came of a batch, and how long it took: waiting and loading do not count."""

    #: None for windows that it did not come to.
    transcripts: list[WindowTranscript | None]
    seconds: float


def warm(model_path: str) -> None:
    """Loaded and tried: what NVIDIA's libraries lack shows only then, and silence is computed."""
    import numpy as np

    ear = load(model_path)
    where = "the processor" if ear.model.device == "cpu" else "the card"
    with translated(f"CTranslate2 cannot compute on {where}"):
        encode(ear, [np.zeros(SAMPLE_RATE, np.float32)], LEAST)


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


def transcribe(
    model_path: str, windows: Sequence[AudioWindow], options: DecodingOptions, rings: Rings
) -> Work:
    """Greedily, those of like length at once; what reads badly, again by itself.

    When the bell rings, what is not begun yet is left.
    """
    ear = load(model_path)
    began = time.monotonic()
    found: dict[AudioWindow, WindowTranscript] = {}
    with translated("CTranslate2 failed"):
        for (context, language), alike in _alike(ear, windows, options, rings).items():
            if found and rings.again():
                break
            asked = replace(options, language=language)
            found |= _heard(ear, alike, context, asked, rings)
    transcripts = [found.get(window) for window in windows]
    return Work(transcripts=transcripts, seconds=time.monotonic() - began)


def _heard(
    ear: Ear, windows: Sequence[AudioWindow], context: float, options: DecodingOptions, rings: Rings
) -> dict[AudioWindow, WindowTranscript]:
    """One of them at least."""
    found: dict[AudioWindow, WindowTranscript] = {}
    sounds = [samples(window) for window in windows]
    heard = decode(ear, sounds, context, options, rings.again)
    for window, sound, first in zip(windows, sounds, heard, strict=False):  # the first few
        if found and first.fault and rings.again():
            continue
        best, way = mended(ear, sound, first, options)
        transcript = _transcript(window, best, options)
        found[window] = replace(transcript, repair=_repair(window, first, way))
    return found


def _repair(window: AudioWindow, first: Heard, way: str) -> Repair | None:
    if first.fault is None:
        return None
    return Repair(start=window.start, end=window.end, reason=first.fault, way=way)


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


def _alike(
    ear: Ear, windows: Sequence[AudioWindow], options: DecodingOptions, rings: Rings
) -> dict[tuple[float, str | None], list[AudioWindow]]:
    """By seconds that the encoder hears, and language; when the bell rings, the first few."""
    groups: dict[tuple[float, str | None], list[AudioWindow]] = defaultdict(list)
    for window in windows:
        if groups and rings.again():
            break
        groups[context_of(window.seconds), _language(ear, window, options)].append(window)
    return groups


def _language(ear: Ear, window: AudioWindow, options: DecodingOptions) -> str | None:
    """Told for all, or heard in this one with all of the context, without which it is less sure."""
    if options.language or not ear.model.is_multilingual:
        return options.language
    [likely] = ear.model.detect_language(encode(ear, [samples(window)], WHOLE))
    return str(likely[0][0][2:-2])
