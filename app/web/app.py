"""The surfaces over an open house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.routing import Route

from app.web.doors import Doors
from app.web.errors import HANDLERS
from app.web.table import DOORS


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
    return Starlette(routes=routes(), exception_handlers=handlers, lifespan=lifespan)
