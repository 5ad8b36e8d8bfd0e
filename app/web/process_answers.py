"""What clients of the `/process` family are told."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.web.answers import Answered, Count, Error, Seconds
from app.web.health_answers import Workers

StatusName = Literal["pending", "processing", "completed", "failed"]
Step = Literal[
    "pending",
    "running",
    "media_extraction",
    "transcribing",
    "embedding",
    "completed",
    "failed",
    "cancelled",
]


class ProcessTicket(Answered):
    job_id: UUID
    status: StatusName
    created_at: datetime
    status_url: str
    result_url: str


class ProcessError(Answered):
    code: str | None
    message: str | None


class ProcessStatus(Answered):
    job_id: UUID
    status: Annotated[
        StatusName,
        Field(description="A job that was cancelled has `failed` and the error code `cancelled`."),
    ]
    progress: Annotated[int, Field(ge=0, le=100, description="Percent.")]
    current_step: Step
    created_at: datetime
    updated_at: datetime
    error_message: str | None
    error: ProcessError | None
    dead_letter: bool


class ProcessFailure(Error):
    """The one error shape, and what clients of this family look for."""

    job_id: UUID
    status: Literal["failed"]
    error_message: str


class ProcessRefusal(Error):
    """The one error shape; the rest is there once there is a job."""

    job_id: Annotated[str, Field(default_factory=str)]
    status: Annotated[
        StatusName,
        Field(
            default_factory=lambda: "failed",
            description="Not `failed` where the service stops: the job goes on later.",
        ),
    ]
    error_message: Annotated[str, Field(default_factory=str)]


class System(Answered):
    queue_length: Annotated[int, Field(ge=0, description="Jobs that wait.")]
    workers: Workers
    capacity: Annotated[
        Count, Field(description="Jobs that run at a time, beside one that somebody waits for.")
    ]
    uptime_seconds: Seconds


class Processing(Answered):
    active_jobs: list[ProcessStatus]
    system: System
