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
class JobSource(Answer):
    #: upload, url, path.
    kind: str = ""
    name: str = ""


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
    source: JobSource = JobSource()
    asset_id: str = ""
    title: str = ""
    #: What it found is called so by now; None before its end.
    asset_title: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    duration: float | None = None
    #: Of the engine that it began with.
    provider: str | None = None
    model: str | None = None
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
class DeliveryTry(Answer):
    number: int
    at: datetime | None = None
    #: How long it took.
    seconds: float = 0.0
    #: What was answered, in HTTP; None where nothing was.
    status: int | None = None
    error: str | None = None


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
    #: Oldest first; in a list they are left out.
    tries: tuple[DeliveryTry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeliveryPage(Answer):
    deliveries: tuple[Delivery, ...] = ()
    cursor: str | None = None
