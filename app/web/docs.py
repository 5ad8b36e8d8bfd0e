"""`/openapi.json`, and `/docs`: the page over it, which asks nobody else for anything."""

import hashlib
from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.body import no_query

PAGE = Path(__file__).parent / "page"
SWAGGER = PAGE / "vendor" / "swagger-ui"
#: By the name in the address: nothing else is served.
FILES = {
    "docs.js": (PAGE / "docs.js", "text/javascript"),
    "swagger-ui.css": (SWAGGER / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (SWAGGER / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui-bundle.js.LICENSE.txt": (
        SWAGGER / "swagger-ui-bundle.js.LICENSE.txt",
        "text/plain",
    ),
    "LICENSE": (SWAGGER / "LICENSE", "text/plain"),
    "NOTICE": (SWAGGER / "NOTICE", "text/plain"),
}
#: Nothing from elsewhere, nothing inline; pictures are inside the style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def openapi(request: Request) -> Response:
    text = await request.app.state.document.text()
    return _answer(request, text, "application/json")


async def page(request: Request) -> Response:
    text = await to_thread.run_sync((PAGE / "docs.html").read_bytes)
    answer = _answer(request, text, "text/html")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


async def file(request: Request) -> Response:
    found = FILES.get(request.path_params["file"])
    if found is None:
        raise HTTPException(404)
    path, media_type = found
    return _answer(request, await to_thread.run_sync(path.read_bytes), media_type)


def _answer(request: Request, content: bytes, media_type: str) -> Response:
    """Kept by the browser, which asks each time whether it still is the same."""
    no_query(request)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
