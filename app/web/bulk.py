"""`POST /bulk-add` and `/build-index`: the index itself."""

import asyncio
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest
from app.services.index_care import IndexReport
from app.web import body
from app.web.bulk_body import AS_LINES, MAX_BULK, records_in
from app.web.doors import doors
from app.web.operation import JSON, LINES
from app.web.search_schemas import BuildQuery


async def bulk_add(request: Request) -> Response:
    """Found by keyword when it answers; by meaning, too, where a vector came with it."""
    body.no_query(request)
    kind = body.media_type(request)
    if kind not in (JSON, LINES):
        raise InvalidRequest(f"the body must be {JSON} or {LINES}", hint=AS_LINES)
    service = doors(request).records
    async with service.bodies.held(_waited_for(request)):
        text = await body.read_bytes(request, MAX_BULK)
        doors(request).intake.make_room(len(text))
        async with service.turn:
            records, removed = await asyncio.to_thread(records_in, text, lines=kind == LINES)
            del text
            added = await service.add(records, removed)
    return JSONResponse(asdict(added))


def _waited_for(request: Request) -> int:
    """Bytes; where no length is told it may be as many as can be. Who brings no more than
    any other JSON may have waits for nobody."""
    told = request.headers.get("content-length", "")
    size = min(int(told), MAX_BULK) if told.isdecimal() else MAX_BULK
    return size if size > body.MAX_JSON else 0


async def build_index(request: Request) -> Response:
    """202 while it is still being built."""
    query = body.unique(request.query_params.multi_items())
    given = BuildQuery.model_validate_strings(query)
    report = await doors(request).index_care.build(given.wait)
    return JSONResponse(_view(report), 202 if report.building else 200)


async def index_state(request: Request) -> Response:
    body.no_query(request)
    return JSONResponse(_view(await doors(request).index_care.report()))


def _view(report: IndexReport) -> dict[str, Any]:
    told = asdict(report.state)
    del told["generation"]
    state = "building" if report.building else "failed" if report.trouble else "ready"
    return {"state": state, "error": report.trouble, **told}
