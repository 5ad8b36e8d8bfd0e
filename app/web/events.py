"""`GET /api/v1/jobs/{id}/events`: a job as server-sent events."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidRequest
from app.domain.result import segment_rows
from app.services.estimates import Estimates
from app.services.follow import EventKind, JobEvent
from app.web import schemas
from app.web.body import no_query
from app.web.doors import doors

DIGITS = 9  # of a number of segments
HEARTBEAT = 15  # seconds between comments that keep the connection open
LINE = "\n"
STUCK = 60.0  # seconds for a client to take an event


async def get_events(request: Request) -> Response:
    no_query(request)
    after = told_before(request.headers.get("last-event-id"))
    job = await doors(request).jobs.get(request.path_params["job_id"])
    return EventSourceResponse(
        _events(request, job.job_id, after), ping=HEARTBEAT, send_timeout=STUCK, sep=LINE
    )


def told_before(header: str | None) -> int:
    """The number of segments that the client has, from `Last-Event-ID`."""
    if not header:
        return 0
    if not (header.isascii() and header.isdecimal() and len(header) <= DIGITS):
        raise InvalidRequest("Last-Event-ID: a number, the id of an event of this job")
    return int(header)


async def _events(request: Request, job_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    estimates = doors(request).estimates
    async with aclosing(doors(request).follower.follow(job_id, after)) as events:
        async for event in events:
            data = json.dumps(_data(event, estimates), ensure_ascii=False)
            yield ServerSentEvent(data, event=event.kind.value, id=str(event.told), sep=LINE)


def _data(event: JobEvent, estimates: Estimates) -> dict[str, Any]:
    job = event.job
    state = {"job_id": job.job_id, "status": schemas.status_name(job)}
    match event.kind:
        case EventKind.STATE:
            return {**state, "stage": job.stage, "attempts": job.attempts}
        case EventKind.PROGRESS:
            eta = schemas.rounded(estimates.known(job).eta)
            return {"progress": round(job.progress, 4), "eta": eta}
        case EventKind.SEGMENT:
            assert event.segment is not None
            [row] = segment_rows((event.segment,))
            return {**row, "id": event.told - 1}
        case EventKind.DONE:
            view = schemas.job_view(job)
            return {**state, "error": view["error"], "result_url": view["result_url"]}
