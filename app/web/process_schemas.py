"""What clients of the `/process` family may send, and how jobs are shown to them."""

from typing import Annotated, Any

from pydantic import Field

from app.domain.jobs import Job, JobOptions, JobStatus
from app.services.health import Load
from app.web.errors import error_body
from app.web.presence import GoesOnLater
from app.web.schemas import Given, Name

STATUS_NAMES = {
    JobStatus.PENDING: "pending",
    JobStatus.RUNNING: "processing",
    JobStatus.COMPLETED: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "failed",
}


class ProcessOptions(Given):
    language: Name | None = None
    webhook_url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None

    def job_options(self) -> JobOptions:
        return JobOptions(language=self.language, webhook_url=self.webhook_url, topics=True)


def ticket(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": STATUS_NAMES[job.status],
        "created_at": job.created_at.isoformat(),
        "status_url": f"/status/{job.job_id}",
        "result_url": f"/result/{job.job_id}",
    }


def status_view(job: Job) -> dict[str, Any]:
    failed = STATUS_NAMES[job.status] == "failed"  # one that waits for another try has not
    return {
        "job_id": job.job_id,
        "status": STATUS_NAMES[job.status],
        "progress": _percent(job),
        "current_step": _step(job),
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "error_message": job.error_message if failed else None,
        "error": {"code": job.error_code, "message": job.error_message} if failed else None,
        "dead_letter": job.dead_letter,
    }


def failure(job: Job) -> dict[str, Any]:
    """Of a job that ended without a result."""
    code, message = job.error_code or "internal", job.error_message or "failed"
    told = {"job_id": job.job_id, "status": "failed", "error_message": message}
    return error_body(code, message, job_id=job.job_id) | told


def stopped(stop: GoesOnLater) -> dict[str, Any]:
    """Its job is as far as it was; what fails is the answer alone."""
    job, hint = stop.job, f"do not send it again: GET /result/{stop.job.job_id}"
    told = {"job_id": job.job_id, "status": STATUS_NAMES[job.status], "error_message": stop.message}
    return error_body(stop.code, stop.message, hint, job_id=job.job_id) | told


def load_view(load: Load) -> dict[str, Any]:
    return {
        "active_jobs": [status_view(job) for job in load.running],
        "system": {
            "queue_length": load.waiting,
            "workers": {"busy": load.workers_busy, "total": load.workers_total},
            "capacity": load.capacity,
            "uptime_seconds": load.uptime,
        },
    }


def _percent(job: Job) -> int:
    """A job that waits for another round has what it did, but does nothing now."""
    return 0 if job.status is JobStatus.PENDING else int(job.progress * 100)


def _step(job: Job) -> str:
    if job.status is JobStatus.RUNNING and job.stage is not None:
        return job.stage.value
    return job.status.value
