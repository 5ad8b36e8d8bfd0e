"""What jobs find in a medium: what was said, or what a picture or a text holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.client.answers import Answer, Problem


@dataclass(frozen=True, kw_only=True)
class Word(Answer):
    text: str
    start: float
    end: float
    probability: float | None = None


@dataclass(frozen=True, kw_only=True)
class Segment(Answer):
    text: str
    start: float
    end: float
    id: int = 0
    words: tuple[Word, ...] = ()
    #: Name or label, where it was asked for.
    speaker: str | None = None
    avg_logprob: float | None = None
    no_speech_prob: float | None = None


@dataclass(frozen=True, kw_only=True)
class Guess(Answer):
    language: str
    confidence: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Detection(Guess):
    #: The next likely ones.
    alternatives: tuple[Guess, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Topic(Answer):
    topic: str
    score: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Chapter(Answer):
    start: float
    end: float
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Speaker(Answer):
    speaker: str
    name: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Repair(Answer):
    """A window that read badly, or missed speech, and was heard again."""

    start: float
    end: float
    #: repetition, low_logprob, no_text, skipped_speech.
    reason: str = ""
    #: What helped; "none" where nothing did, and the best of it stands.
    way: str = ""


@dataclass(frozen=True, kw_only=True)
class Tag(Answer):
    """What a picture seems to show."""

    label: str
    #: 0..1
    score: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Heading(Answer):
    text: str
    #: 1..6
    level: int = 1
    #: Its name in an address.
    anchor: str = ""
    #: Characters of the text before it.
    start: int = 0


@dataclass(frozen=True, kw_only=True)
class Passage(Answer):
    """Of a text: what is found as one."""

    #: Of the heading that it stands under.
    anchor: str = ""
    #: Characters of the text.
    start: int = 0
    end: int = 0
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class Result(Answer):
    """Of a job that still runs: its segments so far. Of a picture or a text: no segments."""

    job_id: str
    #: Of a job that still runs; None once the result is whole.
    status: str | None = None
    #: 0..1, as that.
    progress: float | None = None
    title: str = ""
    transcript: str = ""
    segments: tuple[Segment, ...] = ()
    language_detection: Detection | None = None
    topics: tuple[Topic, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    repairs: tuple[Repair, ...] = ()
    duration: float | None = None
    provider: str | None = None
    model: str | None = None
    warnings: tuple[Problem, ...] = ()
    #: From here on, of a picture or a text alone.
    asset_id: str = ""
    media_type: str = ""
    description: str = ""
    #: What stands in it.
    text: str = ""
    #: Best first.
    tags: tuple[Tag, ...] = ()
    #: Of a picture, in pixels.
    width: int | None = None
    height: int | None = None
    #: Front matter, or what was told.
    metadata: Mapping[str, Any] = field(default_factory=dict)
    headings: tuple[Heading, ...] = ()
    passages: tuple[Passage, ...] = ()
