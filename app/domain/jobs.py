"""A job: one medium on its way from source to searchable moments."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from app.domain.media_types import (
    FOLDERS,
    SPOKEN,
    MediaType,
    host_and_path,
    media_suffix,
    media_type_of,
    spoken_type_of,
)


class JobStatus(StrEnum):
    #: Waits for a free place.
    PENDING = "pending"
    #: Claimed by a running service.
    RUNNING = "running"
    #: Has its result.
    COMPLETED = "completed"
    #: Gave up: the error says why.
    FAILED = "failed"
    #: Stopped by its owner.
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class Stage(StrEnum):
    """The stages of a running job, in the order in which they run."""

    MEDIA_EXTRACTION = "media_extraction"
    TRANSCRIBING = "transcribing"
    EMBEDDING = "embedding"


class SourceKind(StrEnum):
    UPLOAD = "upload"
    PATH = "path"
    URL = "url"


class Task(StrEnum):
    TRANSCRIBE = "transcribe"
    #: Into English, whatever is spoken.
    TRANSLATE = "translate"


class Priority(StrEnum):
    """Who goes first, in this order; among equals, who came first."""

    #: Somebody waits for the answer.
    INTERACTIVE = "interactive"
    NORMAL = "normal"
    #: Whenever there is nothing else to do.
    BATCH = "batch"

    @property
    def rank(self) -> int:
        """0 goes first."""
        return list(Priority).index(self)


class AssetStage(StrEnum):
    """Which part of its recipe a job walks."""

    #: All of it.
    INITIAL = "initial"
    #: Labels or a description came from elsewhere: only what follows from them.
    POST_LABEL = "post_label"
    #: Nothing is looked at again: the index is made anew from what is known.
    REFRESH = "refresh"


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What the client asked for. `None` means: as configured, or detect it."""

    #: ISO 639-1 code; detected when None.
    language: str | None = None
    task: Task = Task.TRANSCRIBE
    provider: str | None = None
    model: str | None = None
    #: Names and terms that the engine should expect.
    prompt: str | None = None
    word_timestamps: bool = False
    #: Name what it is about.
    topics: bool = False
    priority: Priority = Priority.NORMAL
    asset_id: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()
    #: Told when the job has completed or failed.
    webhook_url: str | None = None
    #: What the medium is; None: something to listen to.
    media_type: MediaType | None = None
    asset_stage: AssetStage = AssetStage.INITIAL
    description: str = ""
    #: Where people find it.
    link: str | None = None
    #: Of a key-frame: its video, and the second in it.
    parent_id: str | None = None
    at: float | None = None
    #: Of video: also take its key-frames in.
    keyframes: bool = True
    #: Tell who speaks.
    diarize: bool = False

    def evolve(self, **changes: Any) -> "JobOptions":
        return replace(self, **changes)

    def by_suffix(self, source_name: str) -> "JobOptions":
        """For doors that take all kinds of media: what the name tells, unless it was told."""
        kind = media_type_of(source_name)
        return self if self.media_type or kind in SPOKEN else self.evolve(media_type=kind)


@dataclass(frozen=True, kw_only=True)
class JobWarning:
    """Something that went wrong without costing the job its result."""

    code: str
    message: str


#: Codes that stand for a transcript which is not, or not wholly, in the index.
INDEX_WARNINGS = frozenset({"embedding.failed", "index.failed"})
#: Codes of steps after the transcript: when one fails, it alone can be run again.
LATE_WARNINGS = INDEX_WARNINGS | {
    "topics.failed",
    "topics.unavailable",
    "chapters.failed",
    "speakers.failed",
    "speakers.unavailable",
    "description.failed",
}
#: Codes of looks at a picture that cost it nothing else: they, too, can be had again.
LOOK_WARNINGS = frozenset(
    {"keyframes.failed", "ocr.failed", "ocr.unavailable", "visual.failed", "visual.unavailable"}
)
#: Of all that another run may make good.
PASSING_WARNINGS = LATE_WARNINGS | LOOK_WARNINGS


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at a job. `ended_at` and `error_code` are None while it runs."""

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    stage: Stage | None = None
    error_code: str | None = None
    error_message: str | None = None
    #: Name of the error's class, as in `app.domain.errors`.
    error_class: str | None = None
    #: Of the process that died; -11 means signal 11.
    exit_status: int | None = None
    #: What the engine wrote last.
    last_lines: str | None = None


#: Deaths of the service, one after the other, from which a job that ran in all of them runs alone.
SUSPECT_DEATHS = 2


@dataclass(frozen=True, kw_only=True)
class Job:
    #: UUID4 in its canonical form.
    job_id: str
    status: JobStatus
    #: None until the first stage begins.
    stage: Stage | None = None
    #: 0..1 over the whole job; follows the seconds of audio done.
    progress: float = 0.0
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    source: SourceKind
    #: What the client called it: file name, path or URL.
    source_name: str
    #: Where the bytes are: a key of the blob store (upload), an absolute path, or a URL.
    input_path: str
    #: Key of the result document in the blob store, once completed.
    output_path: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    #: Counted when the job is claimed, before any work is done.
    attempts: int = 0
    #: Attempts that ended in an error, and in a crash of the engine, since it was last sent on its
    #: way by hand.
    errors: int = 0
    crashes: int = 0
    #: How often in a row the service died while it ran, without a window finished in between.
    deaths: int = 0
    #: Given up after all retries; waits for somebody to look at it.
    dead_letter: bool = False
    #: The run of the service that holds the job; None unless running.
    boot_id: str | None = None
    options: JobOptions = field(default_factory=JobOptions)
    #: SHA-256 of the bytes in hex: of an upload from the first, of others once they were read.
    sha256: str | None = None
    #: Id of the API key that asked for it; None where keys were off, and of what nobody asked for.
    requester: str | None = None
    #: The instance on whose machine the file lies; None where every instance can read it.
    home: str | None = None
    #: Bytes of the medium, once known.
    size: int | None = None
    #: The engine it began with, and keeps.
    provider: str | None = None
    model: str | None = None
    #: Seconds of audio in the medium, once known.
    duration: float | None = None
    warnings: tuple[JobWarning, ...] = ()
    #: Wall seconds spent, by stage.
    timings: dict[str, float] = field(default_factory=dict)
    history: tuple[Attempt, ...] = ()

    @property
    def suspect(self) -> bool:
        """It may be what kills the service: nothing else should run beside it."""
        return self.deaths >= SUSPECT_DEATHS

    @property
    def asset_id(self) -> str:
        """The name under which the medium is searchable."""
        return self.options.asset_id or self.job_id

    @property
    def media_type(self) -> MediaType:
        return self.options.media_type or spoken_type_of(self.source_name)

    @property
    def title(self) -> str:
        """What the client called it."""
        return self.options.title or self.file_name

    @property
    def file_name(self) -> str:
        """Of the medium, without folders; of a URL without its query, which may hold a secret."""
        named = self.source_name
        if self.source is SourceKind.URL:
            host, path = host_and_path(named)
            named = unquote(path).strip("/") or host.rpartition("@")[2]
        return PurePosixPath(named).name or named


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """Newest first. `cursor` fetches the next page; None on the last one."""

    jobs: tuple[Job, ...]
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """By status; zeros too."""

    #: As lists show them: without key-frames, of which a video has thousands.
    jobs: dict[JobStatus, int]
    #: Key-frames alone.
    frames: dict[JobStatus, int]

    def of(self, status: JobStatus) -> int:
        return self.jobs[status] + self.frames[status]


@dataclass(frozen=True, kw_only=True)
class IdempotencyKey:
    """A client's name for one request, so that sending it again does nothing new."""

    key: str
    #: Of everything that was asked for: the same key with another digest is a mistake.
    digest: str


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a dead run left running, by job id."""

    pending: tuple[str, ...] = ()
    #: They died with the service too often.
    dead: tuple[str, ...] = ()


def upload_key(job_id: str, filename: str) -> str:
    """Where an upload is kept: deterministic, and built from nothing a client could abuse.

    Only a short alphanumeric suffix of the client's file name survives, for people who look.
    """
    return f"{FOLDERS[media_type_of(filename)]}/{job_id}{media_suffix(filename)}"


#: The folder of what is made again when a job runs.
PASSING = "pcm"


def pcm_key(job_id: str) -> str:
    """Where the decoded sound lives while the job runs."""
    return f"{PASSING}/{job_id}.s16le"


def reel_key(job_id: str) -> str:
    """Where the key-frames of a video lie until they are sent on their way."""
    return f"{PASSING}/{job_id}.mpjpeg"


def result_key(job_id: str) -> str:
    return f"results/{job_id}.json"


def thumbnail_key(job_id: str) -> str:
    """Where the small picture of what a job found is kept."""
    return f"thumbnails/{job_id}.jpg"


def waveform_key(job_id: str) -> str:
    """Where it is kept how loud the medium is over time."""
    return f"waveforms/{job_id}.json"


def frames_key(job_id: str) -> str:
    """Where the list of a video's key-frames is kept."""
    return f"keyframes/{job_id}.json"


#: Folders of all of these.
KEPT_IN = (
    *dict.fromkeys(FOLDERS.values()),
    *dict.fromkeys(
        key("").partition("/")[0]
        for key in (pcm_key, result_key, thumbnail_key, waveform_key, frames_key)
    ),
)
