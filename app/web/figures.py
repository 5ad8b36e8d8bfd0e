"""`GET /api/debug-ingestion`: how taking in goes, a line of JSON at a time."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.services.figures import Figures
from app.web.assets_schemas import FiguresQuery
from app.web.body import unique
from app.web.cached import NOT_KEPT
from app.web.doors import doors
from app.web.operation import LINES


async def debug_ingestion(request: Request) -> Response:
    query = unique(request.query_params.multi_items())
    given = FiguresQuery.model_validate_strings(query)
    lines = _lines(request, 1 if request.method == "HEAD" else given.count, given.interval)
    return StreamingResponse(lines, media_type=LINES, headers=NOT_KEPT)


async def _lines(request: Request, count: int | None, interval: float) -> AsyncIterator[str]:
    async with aclosing(doors(request).figures.follow(interval, count)) as figures:
        async for each in figures:
            yield _line(each)


def _line(figures: Figures) -> str:
    return json.dumps(asdict(figures) | {"at": figures.at.isoformat()}) + "\n"
