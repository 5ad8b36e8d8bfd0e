"""`/`: the page, and the files it is made of; nothing is built, nothing comes from elsewhere."""

from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.cached import cached

PAGE = Path(__file__).parent / "page"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    "": "text/plain",
}
#: By the name in the address: nothing else is served.
FILES = {
    path.relative_to(PAGE).as_posix(): path
    for path in PAGE.rglob("*")
    if path.suffix in TYPES and path.is_file()
}
#: Nothing from elsewhere, nothing inline, and no text becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}


async def home(request: Request) -> Response:
    """What it shows stands behind the `#` of the address."""
    answer = cached(request, await _read(PAGE / "index.html"), "text/html")
    answer.headers.update(HEADERS)
    return answer


async def file(request: Request) -> Response:
    return await _told(request, request.path_params["file"])


async def icon(request: Request) -> Response:
    """Where browsers look for one beside what is no page: a medium in a tab of its own."""
    return await _told(request, "icon.svg")


async def _told(request: Request, name: str) -> Response:
    found = FILES.get(name)
    if found is None:
        raise HTTPException(404)
    answer = cached(request, await _read(found), TYPES[found.suffix])
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer


async def _read(path: Path) -> bytes:
    return await to_thread.run_sync(path.read_bytes)
