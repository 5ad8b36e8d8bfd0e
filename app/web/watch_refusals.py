"""What pages cannot show, said to browsers as a page: all others get JSON."""

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from app.domain.jobs import Job, JobStatus
from app.services.assets import AssetState
from app.web import watch_shell
from app.web.cached import NOT_KEPT

#: By status.
TITLES = {
    401: "An API key, please",
    403: "Your key does not open this",
    404: "There is nothing here",
    409: "Not ready yet",
    422: "That address is not right",
    429: "A little slower, please",
}
#: What people can do about it, where the error tells programs.
HINTS = {401: "Whoever runs this service hands keys out. A browser is asked for one once."}
#: Of jobs without a result.
ENDS = {
    JobStatus.FAILED: "Its job has failed",
    JobStatus.CANCELLED: "Its job was cancelled",
}
#: Where people look: these, and what is below those.
PAGES, BELOW = ("/", "/docs", "/docs/guide"), ("/docs/guide/", "/watch/")
HEADERS = watch_shell.HEADERS | NOT_KEPT | {"Vary": "Accept"}


def looked_at(request: Request) -> bool:
    """Whether people look at the answer."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def wanted(request: Request) -> bool:
    """Whether a page says it better."""
    path = request.url.path
    return looked_at(request) and (path in PAGES or path.startswith(BELOW))


def page(status: int, error: Mapping[str, str | None], headers: Mapping[str, str]) -> Response:
    """`error` as in the one shape."""
    title = TITLES.get(status, "Not now")
    words = [HINTS[status]] if status in HINTS else [error["message"], error["hint"]]
    said = "".join(f"<p>{escape(each)}</p>" for each in words if each)
    library = '<p><a class="button quiet" href="/#/library">To the library</a></p>'
    return _answer(status, title, said + library, "", headers)


def on_its_way(state: AssetState) -> Response:
    """Nothing is known of it yet; its job tells how far it is."""
    job = state.job
    over = job.status in ENDS
    title = f"{state.asset.title}: {'nothing came of it' if over else 'still on its way'}"
    said = "".join(f"<p>{escape(each)}</p>" for each in _told(job))
    link = f'<p><a class="button" href="/#/jobs/{job.job_id}">See its job</a></p>'
    waiting = "" if over else f' data-job="{job.job_id}"'
    return _answer(409, title, said + link, waiting, {})


def _told(job: Job) -> list[str]:
    """How it is, and what comes of it or can be done."""
    if job.status not in ENDS:
        return ["This page opens by itself when it is there."]
    why = f": {job.error_message}" if job.error_message else "."
    return [ENDS[job.status] + why, "It can be tried again, or deleted, on the page of its job."]


def _answer(status: int, title: str, said: str, more: str, headers: Mapping[str, str]) -> Response:
    content = (
        f'<main id="main" class="page watch refused" tabindex="-1" data-refused="{status}"{more}>'
        f"<h1>{escape(title)}</h1>{said}</main>"
    )
    page = watch_shell.framed(title, content)
    return Response(page, status, {**headers, **HEADERS}, media_type="text/html")
