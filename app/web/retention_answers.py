"""What is told of jobs whose time is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.domain.jobs import Job
from app.domain.media_types import MediaType
from app.domain.retention import Ending, Expiry
from app.web.answers import Answered, Count


class OldJob(Answered):
    job_id: str
    asset_id: str
    finished_at: datetime


class Due(Answered):
    ending: Ending
    media_type: Annotated[
        MediaType | None, Field(description="Of a rule that is for jobs of this kind alone.")
    ]
    label: Annotated[str | None, Field(description="Of one that is for this label alone.")]
    before: Annotated[datetime, Field(description="Jobs that ended before then may go.")]
    jobs: Annotated[list[OldJob], Field(description="The first hundred, longest over first.")]


class Retention(Answered):
    rules: Annotated[list[Due], Field(description="One for each ending that has a time, by kind.")]


class LetGo(Answered):
    deleted: Annotated[Count, Field(description="Jobs, with all that was found of them.")]


class Orphans(Answered):
    count: Count
    files: Annotated[list[str], Field(description="The first hundred, by their names.")]


class Removed(Answered):
    removed: Annotated[Count, Field(description="Files.")]


def shown(due: Sequence[tuple[Expiry, Sequence[Job]]]) -> dict[str, Any]:
    return {"rules": [_rule(expiry, jobs) for expiry, jobs in due]}


def _rule(expiry: Expiry, jobs: Sequence[Job]) -> dict[str, Any]:
    return {
        "ending": expiry.ending.value,
        "media_type": expiry.kind.media_type,
        "label": expiry.kind.label,
        "before": expiry.before.isoformat(),
        "jobs": [_job(job) for job in jobs],
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "asset_id": job.asset_id,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
