"""The surfaces over an open house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from app.web.counted import Counted
from app.web.document import Document
from app.web.doors import Doors
from app.web.errors import HANDLERS
from app.web.limits import Limits
from app.web.origins import METHODS, Origins
from app.web.sealed import Sealed
from app.web.table import DOORS

#: Headers of answers that a page of an allowed origin may read.
EXPOSED = (
    *("Location", "Retry-After", "WWW-Authenticate", "Content-Disposition"),
    *("Accept-Ranges", "Content-Range"),
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    *("Upload-Offset", "Upload-Length", "Upload-Expires", "Upload-Metadata"),
    *("Spool-Job-Id", "Spool-Job-Url"),
)


def routes() -> list[Route]:
    return [door.route() for door in DOORS]


class State(TypedDict):
    doors: Doors


def application(opened: Doors) -> Starlette:
    """The surfaces over an open house; whoever opened it closes it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        yield {"doors": opened}

    handlers: dict[Any, Any] = dict(HANDLERS)
    app = Starlette(
        routes=routes(),
        middleware=middleware(opened),
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    app.state.document = Document(DOORS)
    app.router.redirect_slashes = False  # a redirect is in no document, and has no shape
    sealed = Sealed(app.build_middleware_stack(), opened.gate.cors_origins)
    app.middleware_stack = Counted(sealed, opened.traffic)
    return app


def middleware(opened: Doors) -> list[Middleware]:
    """Before all routes, the outermost first."""
    gate = opened.gate
    crossing = Middleware(
        CORSMiddleware,
        allow_origins=gate.cors_origins,
        allow_methods=METHODS,
        allow_headers=("*",),
        allow_private_network=True,  # asked of a page of the internet that calls this network
        expose_headers=EXPOSED,
    )
    return [
        Middleware(Origins, gate=gate),
        *([crossing] if gate.cors_origins else []),
        Middleware(Limits, gate=gate, keys=opened.keys),
    ]
