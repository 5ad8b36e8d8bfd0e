"""`/api/v1/retention`: jobs whose time is over, and files that no job needs."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import retention_answers as answers
from app.web.body import no_query
from app.web.doors import doors

SHOWN = 100  # jobs of each rule, and orphans


async def show_retention(request: Request) -> Response:
    no_query(request)
    return JSONResponse(answers.shown(await doors(request).retention.due(SHOWN)))


async def let_go(request: Request) -> Response:
    no_query(request)
    return JSONResponse({"deleted": await doors(request).retention.run_once()})


async def show_orphans(request: Request) -> Response:
    no_query(request)
    found = await doors(request).sweep.orphans()
    return JSONResponse({"count": len(found), "files": sorted(found)[:SHOWN]})


async def remove_orphans(request: Request) -> Response:
    no_query(request)
    return JSONResponse({"removed": await doors(request).sweep.tidy()})
