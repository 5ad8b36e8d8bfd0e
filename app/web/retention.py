"""`/api/v1/retention`: jobs whose time is over."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import retention_answers as answers
from app.web.body import no_query
from app.web.doors import doors

SHOWN = 100  # jobs of each rule


async def show_retention(request: Request) -> Response:
    no_query(request)
    return JSONResponse(answers.shown(await doors(request).retention.due(SHOWN)))


async def let_go(request: Request) -> Response:
    no_query(request)
    return JSONResponse({"deleted": await doors(request).retention.run_once()})
