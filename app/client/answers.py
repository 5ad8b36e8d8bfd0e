"""What comes back. Fields are those of the API; times are seconds, moments carry their zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: How jobs end.
ENDS = frozenset({"Completed", "Failed", "Cancelled"})


@dataclass(frozen=True, kw_only=True)
class Answer:
    #: As the service sent it, with what is not known here.
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Problem(Answer):
    """Why a job failed, or what it completed in spite of."""

    code: str = ""
    message: str = ""
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt(Answer):
    number: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stage: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    error_class: str | None = None
    exit_status: int | None = None
    last_lines: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ticket(Answer):
    """What is answered as soon as a medium is taken in."""

    job_id: str
    status: str = "Pending"
    status_url: str = ""
    result_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Job(Ticket):
    stage: str | None = None
    #: 0..1
    progress: float = 0.0
    #: Seconds until it ends, by guess; None where nothing can be told.
    eta: float | None = None
    #: 1 is next; None once it runs.
    queue_position: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    asset_id: str = ""
    title: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    duration: float | None = None
    attempts: int = 0
    dead_letter: bool = False
    history: tuple[Attempt, ...] = ()
    warnings: tuple[Problem, ...] = ()
    #: By stage.
    timings: Mapping[str, float] = field(default_factory=dict)
    error: Problem | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDS

    @property
    def completed(self) -> bool:
        return self.status == "Completed"


@dataclass(frozen=True, kw_only=True)
class JobPage(Answer):
    jobs: tuple[Job, ...] = ()
    #: Fetches the next page; None on the last one.
    cursor: str | None = None


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
class Result(Answer):
    """Of a job that still runs: its segments so far."""

    job_id: str
    #: Of a job that still runs; None once the result is whole.
    status: str | None = None
    title: str = ""
    transcript: str = ""
    #: Of a picture or a text: what stands in it.
    text: str = ""
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


@dataclass(frozen=True, kw_only=True)
class Moment(Answer):
    asset_id: str
    parent_id: str | None = None
    media_type: str = ""
    title: str = ""
    text: str = ""
    #: Safe as HTML; what matched is in <mark>.
    snippet: str = ""
    start: float = 0.0
    end: float = 0.0
    score: float = 0.0
    why: tuple[str, ...] = ()
    url: str = ""
    thumbnail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Hit(Moment):
    #: What else was found of the same medium.
    moments: tuple[Moment, ...] = ()
    #: How many more there are of it.
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class Found(Answer):
    hits: tuple[Hit, ...] = ()
    mode: str = ""
    notice: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery(Answer):
    """A webhook on its way, or delivered."""

    id: str
    job_id: str = ""
    event: str = ""
    url: str = ""
    state: str = ""
    attempts: int = 0
    next_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    delivered_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryPage(Answer):
    deliveries: tuple[Delivery, ...] = ()
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Event(Answer):
    """Something that happened to a job: state, progress, segment or done."""

    kind: str
    #: Names the place in the stream after which it goes on.
    id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    #: Of a segment.
    segment: Segment | None = None
