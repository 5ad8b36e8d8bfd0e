"""What clients may send, validated strictly, and how jobs are shown to them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.config import JsonDict

from app.domain.assets import NOTHING
from app.domain.jobs import Job, JobOptions, JobPage, JobStatus, Priority, Stage, Task
from app.domain.media_types import MediaType
from app.domain.models import shown_name
from app.domain.search import SearchMode
from app.domain.webhooks import without_secrets
from app.services.estimates import Standing
from app.web.asset_paths import THUMBNAIL

PRINTED = r"^[^\x00-\x1f\x7f]*$"
MOST_LETTERS = 200
Name = Annotated[str, Field(min_length=1, max_length=MOST_LETTERS, pattern=PRINTED)]
#: Of an asset that there is: a key-frame has its video's name, and the second.
KnownAsset = Annotated[str, Field(min_length=1, max_length=220, pattern=PRINTED)]


def addressed(name: str) -> str:
    if name in (".", "..") or f"/{name}".endswith(THUMBNAIL):
        raise ValueError(f"no address leads to `.`, `..` or what ends in {THUMBNAIL}")
    return name


#: For the document: Pydantic's own patterns cannot look ahead.
NO_ADDRESS: JsonDict = {"pattern": r"^(?!\.{1,2}$)(?!(.*/)?thumbnail$)[^\x00-\x1f\x7f]*$"}
NewAsset = Annotated[Name, AfterValidator(addressed), Field(json_schema_extra=NO_ADDRESS)]


MOST_LABELS = 50
#: Characters of all of them in one text. JSON may spell a letter with twelve.
MOST_WRITTEN = MOST_LABELS * (12 * MOST_LETTERS + len('"", '))


def _listed(value: object) -> object:
    """Query strings and forms have no lists: `labels=a,b`, or a list in JSON.

    One too many is enough to be refused, and the others are not even looked at.
    """
    if isinstance(value, str):
        if len(value) > MOST_WRITTEN:
            raise ValueError(f"a text of at most {MOST_WRITTEN} characters, or a list")
        value = _parted(value)
    return value[: MOST_LABELS + 1] if isinstance(value, list) else value


def _parted(text: str) -> object:
    if text.lstrip().startswith("["):
        return _json_list(text)
    return [part.strip() for part in text.split(",") if part.strip()]


def _json_list(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("begins as a list in JSON does, and is none") from error


Names = Annotated[tuple[Name, ...], Field(max_length=MOST_LABELS, strict=False)]
Labels = Annotated[Names, BeforeValidator(_listed, json_schema_input_type=Names | str)]
#: In a form, where all is text.
WrittenLabels = Annotated[Names, BeforeValidator(_listed, json_schema_input_type=str)]


class Given(BaseModel):
    """Unknown keys are refused by name: a misspelt option would else be silently lost.

    Strict here and not at the call, which would overrule the fields that say otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Wishes(Given):
    """What is to be done with a medium, and what is told of it."""

    language: Name | None = None
    task: Annotated[Task, Field(strict=False)] = Task.TRANSCRIBE
    provider: Name | None = None
    model: Name | None = None
    prompt: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None = None
    word_timestamps: bool = False
    topics: bool = False
    #: Of video: its key-frames too.
    keyframes: bool = True
    #: Tell who speaks.
    diarize: bool = False
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    title: Name | None = None
    labels: Labels = ()
    webhook_url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None


class Options(Wishes):
    asset_id: NewAsset | None = None

    def job_options(self) -> JobOptions:
        return JobOptions(**{name: getattr(self, name) for name in Options.model_fields})


class IngestOptions(Options):
    #: Answer a completed job on the same bytes, with the same options, instead of a new one.
    dedupe: bool = False


def one_of(*names: str) -> list[JsonDict]:
    """For the document: exactly one of these has a value."""
    return [{"required": [name], "properties": {name: {"type": "string"}}} for name in names]


class Source(IngestOptions):
    """A body that names its source instead of carrying it."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [*one_of("path", "url")]})

    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    url: Annotated[str, Field(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("name exactly one source: path or url")
        return self


class UploadQuery(IngestOptions):
    filename: Name | None = None


class NoQuery(Given):
    """Nothing may be asked for."""


class JobQuery(Given):
    wait: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 0.0


class PageQuery(Given):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    #: It may hold a name of 200 letters of four bytes.
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class ListQuery(PageQuery):
    status: JobStatus | None = None
    media_type: Annotated[MediaType, Field(strict=False)] | None = None
    #: Only jobs on these bytes, in hex; none whose asset a later job replaced.
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class ResultQuery(Given):
    format: Literal["json", "txt", "srt", "vtt", "tsv", "lrc"] = "json"


def _no_number(value: object) -> object:
    """Seconds or milliseconds, since when? Nobody could know."""
    if isinstance(value, str) and not value.strip().lstrip("-+").replace(".", "", 1).isdigit():
        return value
    raise ValueError("a date and time as ISO 8601 has them, with a time zone")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a date and time that is in the years 1 to 9999 in UTC, too") from error


Moment = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_no_number), AfterValidator(_in_utc)
]


class SearchParameters(Given):
    q: Annotated[str, Field(max_length=2000, json_schema_extra={"pattern": r"\S"})]
    mode: Annotated[SearchMode, Field(strict=False)] = SearchMode.HYBRID
    media_type: Annotated[MediaType, Field(strict=False)] | None = None
    asset_id: KnownAsset | None = None
    labels: Labels = ()
    #: When the medium was taken in: ISO 8601, as jobs show `created_at`; both ends included.
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(max_length=500)] | None = None
    #: Whether all that is found of one medium is one hit.
    group: bool = True


UNKNOWN = Standing()
#: How `/api/v1` names a running job: by its stage.
STAGE_NAMES = {
    Stage.MEDIA_EXTRACTION: "MediaExtraction",
    Stage.TRANSCRIBING: "Transcribing",
    Stage.EMBEDDING: "Embedding",
}


def status_name(job: Job) -> str:
    if job.status is JobStatus.RUNNING:
        return STAGE_NAMES[job.stage or Stage.MEDIA_EXTRACTION]
    return job.status.value.capitalize()


def ticket(job: Job) -> dict[str, Any]:
    """The answer to taking a job in."""
    return {"job_id": job.job_id, "status": status_name(job), **_links(job)}


def page_view(
    page: JobPage,
    standing: Callable[[Job], Standing] = lambda _: UNKNOWN,
    titles: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """`titles`: of what is kept of them, by job."""
    jobs = [job_view(job, standing(job), titles.get(job.job_id)) for job in page.jobs]
    return {"jobs": jobs, "cursor": page.cursor}


def job_view(
    job: Job, standing: Standing = UNKNOWN, asset_title: str | None = None
) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": status_name(job),
        "stage": job.stage,
        "progress": round(job.progress, 4),
        "eta": rounded(standing.eta),
        "queue_position": standing.queue_position,
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "finished_at": told(job.finished_at),
        "source": {"kind": job.source, "name": job.source_name},
        "asset_id": job.asset_id,
        "title": job.title,
        "asset_title": asset_title,
        "options": _options_view(job.options),
        "duration": job.duration,
        "provider": job.provider,
        "model": job.model and shown_name(job.model),
        "attempts": job.attempts,
        "dead_letter": job.dead_letter,
        "history": [_attempt_view(asdict(attempt)) for attempt in job.history],
        "warnings": [asdict(warning) for warning in job.warnings],
        "timings": {stage: round(seconds, 3) for stage, seconds in job.timings.items()},
        "error": _error_view(job),
        **_links(job),
    }


def told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _options_view(options: JobOptions) -> dict[str, Any]:
    """What was asked for."""
    plain, always = asdict(JobOptions()), ("task", "priority")
    given = asdict(options).items()
    shown = {name: value for name, value in given if name in always or value != plain[name]}
    if options.webhook_url:
        shown["webhook_url"] = without_secrets(options.webhook_url)
    return shown


def _attempt_view(attempt: dict[str, Any]) -> dict[str, Any]:
    for moment in ("started_at", "ended_at"):
        attempt[moment] = told(attempt[moment])
    return attempt


def _error_view(job: Job) -> dict[str, Any] | None:
    if job.error_code is None:
        return None
    return {"code": job.error_code, "message": job.error_message, "hint": None}


def _links(job: Job) -> dict[str, str]:
    here = f"/api/v1/jobs/{job.job_id}"
    return {"status_url": here, "result_url": f"{here}/result"}
