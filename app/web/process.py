"""`/process` and what belongs to it: for clients of transcription services."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.jobs import Job, JobStatus, Priority
from app.domain.result import result_document
from app.web import process_schemas as schemas
from app.web.arrival import idempotency_key, refuse_what_does_not_fit
from app.web.body import no_query, unique
from app.web.doors import doors
from app.web.endings import ends_so_again
from app.web.errors import BACK_LATER
from app.web.form import read_form
from app.web.presence import GoesOnLater, Presence


async def process(request: Request) -> Response:
    job = await _taken_in(request, Priority.NORMAL, idempotency_key(request))
    return JSONResponse(schemas.ticket(job))


async def process_and_wait(request: Request) -> Response:
    """The result in the same answer. A client that hangs up cancels its job."""
    job = await _taken_in(request, Priority.INTERACTIVE)
    async with Presence(request, job.job_id) as presence:
        try:
            job = await presence.ended()
        except GoesOnLater as stop:
            return JSONResponse(schemas.stopped(stop), 503, BACK_LATER)
        if job.status is not JobStatus.COMPLETED:
            return _refusal(job)
        return JSONResponse(result_document(job, await presence.transcript(job)))


async def status(request: Request) -> Response:
    return JSONResponse(schemas.status_view(await _job(request)))


async def result(request: Request) -> Response:
    """200 with the result, 202 while it is being worked on, 500 when that failed."""
    job = await _job(request)
    if not job.status.ended:
        return JSONResponse(schemas.status_view(job), 202)
    if job.status is not JobStatus.COMPLETED:
        return JSONResponse(schemas.failure(job), 500)
    return JSONResponse(result_document(job, await doors(request).jobs.transcript(job)))


async def processing(request: Request) -> Response:
    no_query(request)
    return JSONResponse(schemas.load_view(await doors(request).health.load()))


async def _taken_in(request: Request, priority: Priority, key: str | None = None) -> Job:
    await refuse_what_does_not_fit(request, key)
    intake, query = doors(request).intake, request.query_params.multi_items()
    async with read_form(request, intake, partial(intake.receive, key=key)) as form:
        upload = form.file
        given = schemas.ProcessOptions.model_validate_strings(unique(query + form.fields))
    return await intake.submit_received(upload, given.job_options().evolve(priority=priority), key)


async def _job(request: Request) -> Job:
    no_query(request)
    return await doors(request).jobs.get(request.path_params["job_id"])


def _refusal(job: Job) -> Response:
    """What would go wrong again is the client's; all else is ours, and may go well next time."""
    if job.status is JobStatus.CANCELLED:
        return JSONResponse(schemas.failure(job), 409)
    if ends_so_again(job.error_code or ""):
        return JSONResponse(schemas.failure(job), 422)
    return JSONResponse(schemas.failure(job), 503, BACK_LATER)
