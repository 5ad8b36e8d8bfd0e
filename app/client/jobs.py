"""Following jobs, and changing their course."""

import time
from urllib.parse import quote

from app.client.answers import Job, JobPage
from app.client.exchange import PATIENCE, Plan, Request
from app.client.reading import read
from app.client.results import Result

HOLD = 30.0  # seconds that one request waits for the end of a job
PAGE = 200  # jobs

JOBS = "/api/v1/jobs"
DEAD_LETTERS = "/api/v1/dead-letters"


def job(job_id: str, *, wait: float = 0.0) -> Plan[Job]:
    """As it is; with `wait` as soon as it has ended, or after so many seconds (300 at most)."""
    reply = yield Request(
        method="GET",
        path=at(JOBS, job_id),
        query={"wait": f"{wait:g}"} if wait else {},
        repeatable=True,
        patience=PATIENCE + wait,
    )
    return read(Job, reply.document())


def wait(job_id: str, *, timeout: float | None = None) -> Plan[Job]:
    """The job once it has ended, however it did; or as it is after `timeout` seconds."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = HOLD if deadline is None else max(0.0, deadline - time.monotonic())
        found = yield from job(job_id, wait=min(HOLD, left))
        if found.ended or (deadline is not None and time.monotonic() >= deadline):
            return found


def jobs(
    *,
    status: str | None = None,
    media_type: str | None = None,
    sha256: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Plan[JobPage]:
    """A page of them, newest first. `status` is pending, running, completed, failed, cancelled;
    `media_type`: image, video, audio, text, or keyframe, which are told only when asked for;
    `sha256`: those on these bytes, in hex, whose asset no later one replaced."""
    given = {
        "status": status,
        "media_type": media_type,
        "sha256": sha256,
        "limit": str(limit),
        "cursor": cursor,
    }
    reply = yield Request(method="GET", path=JOBS, query=present(given), repeatable=True)
    return read(JobPage, reply.document())


def result(job_id: str) -> Plan[Result]:
    """What was said. While the job runs, the part that is transcribed, with the job's `status`."""
    reply = yield _result(job_id, "json")
    return read(Result, reply.document())


def result_as(job_id: str, format: str) -> Plan[str]:
    """The same as text: json, txt, srt, vtt, tsv or lrc."""
    reply = yield _result(job_id, format)
    return reply.text


def cancel(job_id: str) -> Plan[Job]:
    """Stop it, whether it waits or runs."""
    return (yield from _steered(f"{at(JOBS, job_id)}/cancel"))


def retry(job_id: str) -> Plan[Job]:
    """Another round; what is finished is not computed again."""
    return (yield from _steered(f"{at(JOBS, job_id)}/retry"))


def delete(job_id: str) -> Plan[None]:
    """With its files, and what is searchable of it."""
    yield Request(method="DELETE", path=at(JOBS, job_id))


def dead_letters() -> Plan[tuple[Job, ...]]:
    """All jobs that used up their retries, newest first."""
    found: list[Job] = []
    cursor: str | None = None
    while True:
        query = present({"limit": str(PAGE), "cursor": cursor})
        reply = yield Request(method="GET", path=DEAD_LETTERS, query=query, repeatable=True)
        page = read(JobPage, reply.document())
        found += page.jobs
        if (cursor := page.cursor) is None:
            return tuple(found)


def replay(job_id: str) -> Plan[Job]:
    """Send a dead letter on its way again."""
    return (yield from _steered(f"{at(DEAD_LETTERS, job_id)}/replay"))


def replay_all() -> Plan[tuple[str, ...]]:
    """Send every dead letter on its way again; their ids."""
    reply = yield Request(method="POST", path=f"{DEAD_LETTERS}/replay", patience=None)
    return tuple(reply.document()["replayed"])


def at(path: str, name: str) -> str:
    """A name may hold anything."""
    return f"{path}/{quote(name, safe='')}"


def present(query: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}


def _steered(path: str) -> Plan[Job]:
    reply = yield Request(method="POST", path=path)
    return read(Job, reply.document())


def _result(job_id: str, form: str) -> Request:
    path = f"{at(JOBS, job_id)}/result"
    return Request(method="GET", path=path, query={"format": form}, repeatable=True)
