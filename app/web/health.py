"""`GET /health`: how the service is."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.doors import doors


async def health(request: Request) -> Response:
    return JSONResponse(await doors(request).health.report())
