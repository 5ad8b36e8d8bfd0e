"""Every URL in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.routing import Route

from app.web.dead_letters import list_dead_letters, replay, replay_all
from app.web.doors import Doors
from app.web.errors import HANDLERS
from app.web.health import health
from app.web.ingest import ingest
from app.web.jobs import cancel_job, delete_job, get_job, get_result, list_jobs, retry_job
from app.web.search import search
from app.web.webhooks import get_delivery, list_deliveries, replay_delivery


def routes() -> list[Route]:
    return [
        Route("/health", health, methods=["GET"]),
        Route("/api/v1/ingest", ingest, methods=["POST", "PUT"]),  # `curl -T` says PUT
        Route("/api/v1/jobs", list_jobs, methods=["GET"]),
        Route("/api/v1/jobs/{job_id}", get_job, methods=["GET"]),
        Route("/api/v1/jobs/{job_id}", delete_job, methods=["DELETE"]),
        Route("/api/v1/jobs/{job_id}/cancel", cancel_job, methods=["POST"]),
        Route("/api/v1/jobs/{job_id}/retry", retry_job, methods=["POST"]),
        Route("/api/v1/jobs/{job_id}/result", get_result, methods=["GET"]),
        Route("/api/v1/dead-letters", list_dead_letters, methods=["GET"]),
        Route("/api/v1/dead-letters/replay", replay_all, methods=["POST"]),
        Route("/api/v1/dead-letters/{job_id}/replay", replay, methods=["POST"]),
        Route("/api/v1/webhooks/deliveries", list_deliveries, methods=["GET"]),
        Route("/api/v1/webhooks/deliveries/{delivery_id}", get_delivery, methods=["GET"]),
        Route(
            "/api/v1/webhooks/deliveries/{delivery_id}/replay", replay_delivery, methods=["POST"]
        ),
        Route("/api/v1/search", search, methods=["GET", "POST"]),
    ]


class State(TypedDict):
    doors: Doors


def application(opened: Doors) -> Starlette:
    """The surfaces over an open house; whoever opened it closes it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        yield {"doors": opened}

    handlers: dict[Any, Any] = dict(HANDLERS)
    return Starlette(routes=routes(), exception_handlers=handlers, lifespan=lifespan)
