"""`/feed.atom`: the last jobs that ended, for feed readers."""

from starlette.requests import Request
from starlette.responses import Response

from app.web import atom
from app.web.body import no_query
from app.web.cached import PRIVATE, kept
from app.web.doors import doors


async def feed(request: Request) -> Response:
    """Links lead to where it was asked for, for readers know no other place."""
    no_query(request)
    content = atom.written(await doors(request).news.latest(), str(request.base_url).rstrip("/"))
    return kept(request, content, "application/atom+xml", PRIVATE)
