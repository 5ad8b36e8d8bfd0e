"""`/api/v1/jobs`: the list, one job, its result."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.domain.captions import CaptionFormat, render
from app.domain.jobs import Job
from app.domain.media_types import SPOKEN
from app.domain.result import segment_rows
from app.domain.transcript import Segment, Transcript
from app.web import schemas
from app.web.body import no_query, unique
from app.web.doors import doors
from app.web.presence import while_there

MEDIA_TYPES = {
    CaptionFormat.TXT: "text/plain",
    CaptionFormat.SRT: "application/x-subrip",
    CaptionFormat.VTT: "text/vtt",
    CaptionFormat.TSV: "text/tab-separated-values",
    CaptionFormat.LRC: "text/plain",
}


async def list_jobs(request: Request) -> Response:
    given = schemas.ListQuery.model_validate_strings(_query(request, lowered="status"))
    page = await doors(request).jobs.list(
        status=given.status,
        media_type=given.media_type,
        sha256=given.sha256,
        limit=given.limit,
        cursor=given.cursor,
    )
    titles = await doors(request).jobs.titles(*page.jobs)
    return JSONResponse(schemas.page_view(page, doors(request).estimates.known, titles))


async def get_job(request: Request) -> Response:
    """With `wait`, as soon as the job has ended, or as it is after so many seconds."""
    given = schemas.JobQuery.model_validate_strings(_query(request))
    waiting = doors(request).jobs.wait(request.path_params["job_id"], given.wait)
    job = await (while_there(request, waiting) if given.wait else waiting)
    return await show(request, job)


async def cancel_job(request: Request) -> Response:
    no_query(request)
    job = await doors(request).jobs.cancel(request.path_params["job_id"])
    return await show(request, job)


async def retry_job(request: Request) -> Response:
    no_query(request)
    job = await doors(request).jobs.retry(request.path_params["job_id"])
    return await show(request, job, 202)


async def show(request: Request, job: Job, status: int = 200) -> Response:
    """One job, with what is known of its turn."""
    standing = await doors(request).estimates.standing(job)
    titles = await doors(request).jobs.titles(job)
    return JSONResponse(schemas.job_view(job, standing, titles.get(job.job_id)), status)


async def delete_job(request: Request) -> Response:
    no_query(request)
    await doors(request).jobs.delete(request.path_params["job_id"])
    return Response(status_code=204)


async def get_result(request: Request) -> Response:
    """200 with the result, 202 with the part that is transcribed so far."""
    given = schemas.ResultQuery.model_validate_strings(_query(request))
    jobs = doors(request).jobs
    job = await jobs.get(request.path_params["job_id"])
    if not job.status.ended and job.output_path is None:
        return _partial(job, tuple(await jobs.partial(job.job_id)), given.format)
    if given.format == "json":
        return JSONResponse(await jobs.result(job))
    if given.format == "txt" and job.media_type not in SPOKEN:
        found = await jobs.result(job)
        return PlainTextResponse(found["text"])
    return _captions(job, await jobs.transcript(job), CaptionFormat(given.format), 200)


def _partial(job: Job, segments: tuple[Segment, ...], form: str) -> Response:
    if form != "json":
        return _captions(job, _so_far(job, segments), CaptionFormat(form), 202)
    so_far: dict[str, Any] = {
        "job_id": job.job_id,
        "status": schemas.status_name(job),
        "progress": round(job.progress, 4),
        "segments": segment_rows(segments),
    }
    return JSONResponse(so_far, 202)


def _captions(job: Job, transcript: Transcript, form: CaptionFormat, status: int) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{job.job_id}.{form}"'}
    text = render(transcript, form)
    return PlainTextResponse(text, status, headers, media_type=MEDIA_TYPES[form])


def _so_far(job: Job, segments: tuple[Segment, ...]) -> Transcript:
    return Transcript(
        segments=segments,
        language_detection=None,
        duration=job.duration or 0.0,
        provider="",
        model="",
    )


def _query(request: Request, lowered: str | None = None) -> dict[str, str]:
    """`status=Completed` is taken as the API shows it, and in any other case."""
    query = unique(request.query_params.multi_items())
    return {key: value.lower() if key == lowered else value for key, value in query.items()}
