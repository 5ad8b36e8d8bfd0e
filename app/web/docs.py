"""`/openapi.json`, and `/docs`: the page over it, which asks nobody else for anything."""

from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.cached import cached

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
    return cached(request, text, "application/json")


async def page(request: Request) -> Response:
    text = await to_thread.run_sync((PAGE / "docs.html").read_bytes)
    answer = cached(request, text, "text/html")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


async def file(request: Request) -> Response:
    found = FILES.get(request.path_params["file"])
    if found is None:
        raise HTTPException(404)
    path, media_type = found
    return cached(request, await to_thread.run_sync(path.read_bytes), media_type)
