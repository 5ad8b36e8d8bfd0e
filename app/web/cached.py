"""Answers that a browser keeps, and asks each time whether they are still the same; or not even
that."""

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.web.body import no_query

EVERYBODYS = {"Cache-Control": "no-cache"}
#: For nobody's eyes but the caller's.
PRIVATE = {"Cache-Control": "private, no-cache"}
#: For once: it has a secret in it, or is true for now alone.
NOT_KEPT = {"Cache-Control": "no-store"}


def cached(request: Request, content: bytes, media_type: str) -> Response:
    """The same for everybody, and whole: nothing may be asked for beside it."""
    no_query(request)
    return kept(request, content, media_type, EVERYBODYS)


def kept(request: Request, content: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """304 where the client has it already; `headers` with either."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**headers, "ETag": etag}
    if has(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def has(request: Request, etag: str) -> bool:
    return etag in request.headers.get("if-none-match", "")
