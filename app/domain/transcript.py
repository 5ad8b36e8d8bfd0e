"""What was said, when. Times are seconds from the beginning of the medium."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Word:
    start: float
    end: float
    text: str
    #: 0..1, the engine's own confidence.
    probability: float | None = None


@dataclass(frozen=True, kw_only=True)
class Segment:
    start: float
    end: float
    text: str
    #: Mean log probability of the tokens; None when the engine does not tell.
    avg_logprob: float | None = None
    #: 0..1, how likely there was no speech at all; None when the engine does not tell.
    no_speech_prob: float | None = None
    #: Empty unless word timestamps were asked for.
    words: tuple[Word, ...] = ()
    #: Who says it, by label or by name; None where nobody looked, or nobody could be told apart.
    speaker: str | None = None

    def shifted(self, seconds: float) -> "Segment":
        """The same segment, `seconds` later."""
        words = tuple(
            replace(word, start=word.start + seconds, end=word.end + seconds) for word in self.words
        )
        return replace(self, start=self.start + seconds, end=self.end + seconds, words=words)


@dataclass(frozen=True, kw_only=True)
class LanguageGuess:
    #: ISO 639-1 code, as Whisper names languages.
    language: str
    #: 0..1.
    confidence: float


@dataclass(frozen=True, kw_only=True)
class LanguageDetection:
    language: str
    confidence: float
    #: The next best guesses, most likely first.
    alternatives: tuple[LanguageGuess, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A phrase of the transcript that says what it is about."""

    topic: str
    #: 0..1, how near it is in meaning to the whole.
    score: float


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A stretch of talk that stays with one subject, up to where the next one begins."""

    start: float
    end: float
    #: A phrase that is said in it; empty where none names it.
    title: str


@dataclass(frozen=True, kw_only=True)
class Repair:
    """A window that read badly at first, or missed speech, and was heard again."""

    start: float
    end: float
    #: "repetition", "low_logprob", "no_text" (where there is speech) or "skipped_speech".
    reason: str
    #: What helped, such as "beam", "penalty", "full_context", "no_prompt" or
    #: "parts"; "none" where nothing read well, and the best of it stands.
    way: str


@dataclass(frozen=True, kw_only=True)
class WindowTranscript:
    """What an engine heard in one window; segment times are already in the medium's timeline."""

    number: int
    segments: tuple[Segment, ...]
    #: Only from engines that detect the language as they transcribe.
    language: str | None = None
    #: None where the first hearing stands.
    repair: Repair | None = None


@dataclass(frozen=True, kw_only=True)
class Transcript:
    segments: tuple[Segment, ...]
    language_detection: LanguageDetection | None
    #: Seconds of audio in the whole medium.
    duration: float
    provider: str
    model: str
    #: Best first. None until they were looked for.
    topics: tuple[Topic, ...] | None = None
    #: In time order. None until they were looked for.
    chapters: tuple[Chapter, ...] | None = None
    #: Of the windows that were heard again, in time order.
    repairs: tuple[Repair, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(segment.text.strip() for segment in self.segments if segment.text.strip())

    @property
    def speakers(self) -> tuple[str, ...]:
        """In the order in which they first speak."""
        return tuple(dict.fromkeys(each.speaker for each in self.segments if each.speaker))

    def named(self, names: Mapping[str, str]) -> "Transcript":
        """The same, with names in place of the labels that have one."""
        if not names:
            return self
        segments = (
            replace(each, speaker=names.get(each.speaker, each.speaker)) if each.speaker else each
            for each in self.segments
        )
        return replace(self, segments=tuple(segments))
