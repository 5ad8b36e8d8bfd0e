"""`/watch/{asset}`: where links of hits lead; a page to read, and with scripts to play and edit."""

from typing import Annotated

from anyio import to_thread
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import Conflict
from app.web import watch_page, watch_refusals
from app.web.body import unique
from app.web.doors import doors
from app.web.schemas import Given
from app.web.watch_shell import HEADERS


class WatchQuery(Given):
    #: Seconds: the passage there is marked.
    t: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


async def watch(request: Request) -> Response:
    query = WatchQuery.model_validate_strings(unique(request.query_params.multi_items()))
    assets, name = doors(request).assets, request.path_params["asset_id"]
    try:
        shown = await assets.show(name)
    except Conflict:
        if not watch_refusals.wanted(request):
            raise
        return watch_refusals.on_its_way(await assets.get(name))
    # of ten hours it takes tens of milliseconds
    page = await to_thread.run_sync(watch_page.written, shown, query.t)
    headers = HEADERS | {"Cache-Control": "private, no-cache"}
    return Response(page, headers=headers, media_type="text/html")
