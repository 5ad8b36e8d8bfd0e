"""What runs inside a worker process: CTranslate2's Whisper on a batch of windows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.adapters.engines.faster_whisper_ear import Ear, decode, encode, load, translated
from app.adapters.engines.faster_whisper_heard import Heard, logprob
from app.adapters.engines.faster_whisper_sound import samples
from app.adapters.engines.faster_whisper_words import Line, lines
from app.domain.decoding import DecodingOptions
from app.domain.media import AudioWindow
from app.domain.transcript import LanguageDetection, LanguageGuess, Segment, WindowTranscript

if TYPE_CHECKING:
    from app.adapters.engines.faster_whisper_sound import Floats

# The encoder hears the longest window of a batch and some silence, not 30 s. With less, Whisper
# says the same words over and over: at a margin of 1 s and no least length, 3 of 15 clips did.
MARGIN = 4.0  # seconds of silence after the window
LEAST = 10.0  # seconds
WHOLE = 30.0  # seconds: the most that Whisper can hear
ALTERNATIVES = 4
#: What is tried in turn on a window that reads badly: openai/whisper's own ladder.
LADDER: tuple[dict[str, Any], ...] = (
    {"beam_size": 5},
    *(
        {"sampling_temperature": heat / 10, "sampling_topk": 0, "num_hypotheses": 5}
        for heat in (2, 4, 6, 8, 10)
    ),
)


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


def transcribe(
    model_path: str, windows: Sequence[AudioWindow], options: DecodingOptions
) -> list[WindowTranscript]:
    """Greedily, all at once; what reads badly, again by itself."""
    ear = load(model_path)
    with translated("CTranslate2 failed"):
        sounds = [samples(window) for window in windows]
        heard = decode(ear, sounds, _context(windows), options)
        heard = [_mended(ear, *each, options) for each in zip(sounds, heard, strict=True)]
    return [_transcript(*each, options) for each in zip(windows, heard, strict=True)]


def _mended(ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions) -> Heard:
    """As it is if it reads well, else the first way of the ladder that does.

    If none does, the likeliest that does not repeat.
    """
    if not first.reads_badly:
        return _completed(ear, sound, first, options) if first.skips else first
    tries = [first]
    for way in LADDER:
        [heard] = decode(ear, [sound], WHOLE, options, **way)
        if not heard.reads_badly:
            return heard
        tries.append(heard)
    return max(tries, key=lambda heard: (not heard.repeats, heard.logprob))


def _completed(ear: Ear, sound: "Floats", first: Heard, options: DecodingOptions) -> Heard:
    """With all of its context Whisper passes over less."""
    [again] = decode(ear, [sound], WHOLE, options)
    return again if not again.reads_badly and again.longest < first.longest else first


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


def _context(windows: Sequence[AudioWindow]) -> float:
    """Seconds that the encoder hears."""
    longest = max(window.seconds for window in windows)
    return min(WHOLE, max(LEAST, longest + MARGIN))
