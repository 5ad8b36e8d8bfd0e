"""What is told of jobs and their results."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, RootModel

from app.domain.jobs import AssetStage, Priority, SourceKind, Stage, Task
from app.domain.media_types import MediaType
from app.web.answers import Answered, Count, Seconds, Share

StatusName = Literal[
    "Pending",
    "MediaExtraction",
    "Transcribing",
    "Embedding",
    "Completed",
    "Failed",
    "Cancelled",
]
#: Left out where it was not asked for.
Flag = Annotated[bool, Field(default_factory=bool)]
Text = Annotated[str, Field(default_factory=str)]


class Ticket(Answered):
    job_id: UUID
    status: StatusName
    status_url: str
    result_url: str


class Notice(Answered):
    """Went wrong without costing the job its result."""

    code: str
    message: str


class JobError(Answered):
    code: str
    message: str | None
    hint: None


class Attempt(Answered):
    number: Annotated[int, Field(ge=1)]
    started_at: datetime
    ended_at: datetime | None
    stage: Stage | None
    error_code: str | None
    error_message: str | None
    error_class: str | None
    exit_status: int | None
    last_lines: str | None


class JobSource(Answered):
    kind: SourceKind
    name: str


class AskedFor(Answered):
    """Options that were given, or stand by themselves."""

    language: Text
    task: Task
    provider: Text
    model: Text
    prompt: Text
    word_timestamps: Flag
    topics: Flag
    keyframes: Annotated[bool, Field(default_factory=bool, description="Only where they are off.")]
    diarize: Flag
    priority: Priority
    asset_id: Text
    title: Text
    labels: Annotated[list[str], Field(default_factory=list)]
    webhook_url: Text
    media_type: Annotated[
        MediaType, Field(default=MediaType.AUDIO, description="Where it is told, or no sound.")
    ]
    asset_stage: Annotated[AssetStage, Field(default=AssetStage.INITIAL)]
    description: Text
    link: Text
    parent_id: Text
    at: Annotated[Seconds, Field(default_factory=float)]


class Job(Answered):
    job_id: UUID
    status: StatusName
    stage: Stage | None
    progress: Share
    eta: Annotated[Seconds | None, Field(description="Until it is done; null when unknown.")]
    queue_position: Annotated[
        int | None,
        Field(ge=1, description="Of a pending job that was asked for by itself: 1 is next."),
    ]
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    source: JobSource
    asset_id: str
    title: str
    asset_title: Annotated[
        str | None, Field(description="What it found is called so by now; null before its end.")
    ]
    options: AskedFor
    duration: Annotated[Seconds | None, Field(description="Of the medium, in seconds.")]
    provider: Annotated[str | None, Field(description="Of the engine it began with.")]
    model: str | None
    attempts: Count
    dead_letter: bool
    history: list[Attempt]
    warnings: list[Notice]
    timings: Annotated[dict[Stage, Seconds], Field(description="Seconds spent, by stage.")]
    error: JobError | None
    status_url: str
    result_url: str


class JobPage(Answered):
    jobs: list[Job]
    cursor: Annotated[str | None, Field(description="Fetches the next page.")]


class Replayed(Answered):
    replayed: list[UUID]


class Word(Answered):
    start: Seconds
    end: Seconds
    text: str
    probability: Share | None


class Segment(Answered):
    id: Count
    start: Seconds
    end: Seconds
    text: str
    avg_logprob: float | None
    no_speech_prob: Share | None
    speaker: Annotated[
        str | None, Field(default=None, description="Name or label, where it was asked for.")
    ]
    words: Annotated[
        list[Word], Field(default_factory=list, description="Where they were asked for.")
    ]


class LanguageGuess(Answered):
    language: str
    confidence: Share


class LanguageDetection(LanguageGuess):
    alternatives: list[LanguageGuess]


class Topic(Answered):
    topic: str
    score: Annotated[float, Field(ge=-1, le=1, description="How near it is to the whole.")]


class Chapter(Answered):
    start: Seconds
    end: Seconds
    title: Annotated[str, Field(description="A phrase that is said in it.")]


class Speaker(Answered):
    speaker: Annotated[str, Field(description="Label, to name them by.")]
    name: Annotated[str, Field(description="As named, else the label.")]
    seconds: Seconds


class Repair(Answered):
    """A window that was heard again."""

    start: Seconds
    end: Seconds
    reason: Annotated[str, Field(description="repetition, low_logprob, no_text or skipped_speech.")]
    way: Annotated[
        str, Field(description="What helped; none where nothing did, and the best of it stands.")
    ]


class Result(Answered):
    job_id: UUID
    title: str
    transcript: str
    segments: list[Segment]
    language_detection: LanguageDetection | None
    topics: Annotated[list[Topic], Field(description="Empty where they were not asked for.")]
    chapters: Annotated[list[Chapter], Field(description="They come with the topics.")]
    speakers: Annotated[
        list[Speaker], Field(description="Who speaks; empty where it was not asked for.")
    ]
    repairs: Annotated[list[Repair], Field(description="Windows that were heard again.")]
    duration: Seconds
    provider: str
    model: str
    warnings: list[Notice]


class Tag(Answered):
    label: str
    score: Share


class Heading(Answered):
    text: str
    level: Annotated[int, Field(ge=1, le=6)]
    anchor: Annotated[str, Field(description="Its name in an address.")]
    start: Annotated[Count, Field(description="Characters of the text before it.")]


class Passage(Answered):
    anchor: Annotated[str, Field(description="Of the heading it stands under.")]
    start: Annotated[Count, Field(description="Characters of the text.")]
    end: Count
    code: bool


class AssetResult(Answered):
    """Of a picture or a text."""

    job_id: UUID
    asset_id: str
    media_type: MediaType
    title: str
    description: str
    text: Annotated[str, Field(description="What stands in it.")]
    tags: Annotated[list[Tag], Field(description="What a picture seems to show, best first.")]
    width: Annotated[Count | None, Field(description="Pixels.")]
    height: Count | None
    metadata: Annotated[dict[str, Any], Field(description="Front matter, or what was told.")]
    headings: Annotated[list[Heading], Field(description="Of a text, in its order.")]
    passages: Annotated[list[Passage], Field(description="Of a text: what is found as one.")]
    warnings: list[Notice]


class ResultOf(RootModel[Result | AssetResult]):
    """Of what was heard, or of a picture or text."""


class Partial(Answered):
    """The part that is transcribed so far."""

    job_id: UUID
    status: StatusName
    progress: Share
    segments: list[Segment]
