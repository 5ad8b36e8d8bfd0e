"""`/watch/{asset}`: where links of hits lead; a page to read, without any player."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.web import watch_page
from app.web.body import unique
from app.web.doors import doors
from app.web.schemas import Given

HEADERS = {
    "Content-Security-Policy": watch_page.POLICY,
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WatchQuery(Given):
    #: Seconds: the passage there is marked.
    t: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


async def watch(request: Request) -> Response:
    query = WatchQuery.model_validate_strings(unique(request.query_params.multi_items()))
    shown = await doors(request).assets.show(request.path_params["asset_id"])
    page = watch_page.written(shown, query.t)
    return Response(page, headers=HEADERS, media_type="text/html")
