"""`GET /metrics`: what Prometheus reads."""

from starlette.requests import Request
from starlette.responses import Response

from app.web.body import no_query
from app.web.cached import NOT_KEPT
from app.web.doors import doors


async def metrics(request: Request) -> Response:
    no_query(request)
    gauges = doors(request).gauges
    return Response(await gauges.text(), media_type=gauges.media_type, headers=NOT_KEPT)
