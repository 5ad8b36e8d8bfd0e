"""What clients may send, validated strictly, and how jobs are shown to them."""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from app.domain.jobs import Job, JobOptions, JobPage, JobStatus, Priority, Stage, Task
from app.domain.search import MediaType, SearchMode
from app.domain.webhooks import without_secrets

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _listed(value: object) -> object:
    """Query strings and forms have no lists: `labels=a,b`."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Labels = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(max_length=50, strict=False)]


class Given(BaseModel):
    """Unknown keys are refused by name: a misspelt option would else be silently lost.

    Strict here and not at the call, which would overrule the fields that say otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Options(Given):
    language: Name | None = None
    task: Annotated[Task, Field(strict=False)] = Task.TRANSCRIBE
    provider: Name | None = None
    model: Name | None = None
    prompt: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None = None
    word_timestamps: bool = False
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    asset_id: Name | None = None
    title: Name | None = None
    labels: Labels = ()
    webhook_url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None

    def job_options(self) -> JobOptions:
        return JobOptions(**{name: getattr(self, name) for name in Options.model_fields})


class Source(Options):
    """A body that names its source instead of carrying it."""

    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    url: Annotated[str, Field(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("name exactly one source: path or url")
        return self


class UploadQuery(Options):
    filename: Name | None = None


class NoQuery(Given):
    """Nothing may be asked for."""


class JobQuery(Given):
    wait: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 0.0


class PageQuery(Given):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class ListQuery(PageQuery):
    status: JobStatus | None = None


class ResultQuery(Given):
    format: Literal["json", "txt", "srt", "vtt", "tsv", "lrc"] = "json"


Moment = Annotated[AwareDatetime, Field(strict=False)]


class SearchParameters(Given):
    q: Annotated[str, Field(max_length=2000)]
    mode: Annotated[SearchMode, Field(strict=False)] = SearchMode.HYBRID
    media_type: Annotated[MediaType, Field(strict=False)] | None = None
    asset_id: Name | None = None
    labels: Labels = ()
    #: When the medium was taken in: ISO 8601, as jobs show `created_at`; both ends included.
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(max_length=500)] | None = None


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


def page_view(page: JobPage) -> dict[str, Any]:
    return {"jobs": [job_view(job) for job in page.jobs], "cursor": page.cursor}


def job_view(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": status_name(job),
        "stage": job.stage,
        "progress": round(job.progress, 4),
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "source": {"kind": job.source, "name": job.source_name},
        "asset_id": job.asset_id,
        "title": job.title,
        "options": _options_view(job.options),
        "duration": job.duration,
        "attempts": job.attempts,
        "dead_letter": job.dead_letter,
        "history": [_attempt_view(asdict(attempt)) for attempt in job.history],
        "warnings": [asdict(warning) for warning in job.warnings],
        "timings": {stage: round(seconds, 3) for stage, seconds in job.timings.items()},
        "error": _error_view(job),
        **_links(job),
    }


def _options_view(options: JobOptions) -> dict[str, Any]:
    """What was asked for."""
    shown = {name: value for name, value in asdict(options).items() if value}
    if options.webhook_url:
        shown["webhook_url"] = without_secrets(options.webhook_url)
    return shown


def _attempt_view(attempt: dict[str, Any]) -> dict[str, Any]:
    for moment in ("started_at", "ended_at"):
        attempt[moment] = attempt[moment].isoformat() if attempt[moment] else None
    return attempt


def _error_view(job: Job) -> dict[str, Any] | None:
    if job.error_code is None:
        return None
    return {"code": job.error_code, "message": job.error_message, "hint": None}


def _links(job: Job) -> dict[str, str]:
    here = f"/api/v1/jobs/{job.job_id}"
    return {"status_url": here, "result_url": f"{here}/result"}
