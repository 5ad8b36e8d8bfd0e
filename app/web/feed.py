"""`/feed.atom`: the last jobs that ended, for feed readers."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.web import atom
from app.web.body import no_query
from app.web.doors import doors


async def feed(request: Request) -> Response:
    """Links lead to where it was asked for, for readers know no other place."""
    no_query(request)
    content = atom.written(await doors(request).news.latest(), str(request.base_url).rstrip("/"))
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/atom+xml")
