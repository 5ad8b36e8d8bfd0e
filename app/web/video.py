"""`/video`: MP4 in, progress in three steps, results once there are; for batch pipelines."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import MediaUnsupported, NotFound
from app.domain.jobs import Job, JobOptions, JobStatus
from app.domain.media_types import media_suffix
from app.domain.mp4 import HEAD, is_mp4
from app.domain.result import segment_rows
from app.domain.transcript import Transcript
from app.services.intake import Intake, Upload
from app.web.arrival import idempotency_key, refuse_what_does_not_fit
from app.web.body import media_type, no_query, unique
from app.web.doors import doors
from app.web.form import read_form
from app.web.schemas import NoQuery

#: By what is stored, and nothing finer.
PROGRESS = {JobStatus.PENDING: 0.0, JobStatus.RUNNING: 0.5, JobStatus.COMPLETED: 1.0}
SUFFIX = ".mp4"


async def submit(request: Request) -> Response:
    """415 as soon as the first bytes show that it is no MP4, whatever it is called."""
    no_query(request)
    intake, key = doors(request).intake, idempotency_key(request)
    await refuse_what_does_not_fit(request, key)
    upload = await _received(request, intake, key)
    job = await intake.submit_received(upload, JobOptions(), key)
    return JSONResponse({"job_id": job.job_id})


async def status(request: Request) -> Response:
    job = await _job(request)
    return JSONResponse(
        {"job_id": job.job_id, "status": _status_name(job), "progress": _progress(job)}
    )


async def results(request: Request) -> Response:
    job = await _job(request)
    if job.status is not JobStatus.COMPLETED:
        message = f"the job is {_status_name(job)}: there are no results"
        raise NotFound(message, code="job.not_completed")
    transcript = await doors(request).jobs.transcript(job)
    return JSONResponse({"job_id": job.job_id, "results": _results(transcript)})


async def _received(request: Request, intake: Intake, key: str | None) -> Upload:
    async def take(name: str, chunks: AsyncIterator[bytes]) -> Upload:
        name = name if media_suffix(name) == SUFFIX else name + SUFFIX
        return await intake.receive(name, _sniffed(chunks), key=key)

    if media_type(request) != "multipart/form-data":
        return await take("upload", request.stream())
    async with read_form(request, intake, take) as form:
        NoQuery.model_validate_strings(unique(form.fields))
        return form.file


async def _sniffed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes. Raises MediaUnsupported at the first that cannot be an MP4's."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    if not is_mp4(head):
        raise MediaUnsupported(
            "the upload is no MP4", hint="other media are taken in at /process and /api/v1/ingest"
        )
    yield head
    async for chunk in chunks:
        yield chunk


async def _job(request: Request) -> Job:
    no_query(request)
    return await doors(request).jobs.get(request.path_params["job_id"])


def _status_name(job: Job) -> str:
    return "failed" if job.status is JobStatus.CANCELLED else job.status.value


def _progress(job: Job) -> float:
    """A job that failed stays where it was."""
    return PROGRESS.get(job.status, 0.5 if job.stage else 0.0)


def _results(transcript: Transcript) -> list[dict[str, Any]]:
    return [{"type": "segment", **row} for row in segment_rows(transcript.segments)]
