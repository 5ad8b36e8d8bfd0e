"""`/api/v1/shares`: links to one transcript; `/shared/{token}`: where they lead."""

from datetime import timedelta

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.domain.captions import CaptionFormat, render
from app.domain.keys import Scope
from app.web import share_schemas as schemas
from app.web import shared_page
from app.web.body import no_query, read_json, unique
from app.web.cached import NOT_KEPT
from app.web.doors import doors
from app.web.guard import caller
from app.web.jobs import MEDIA_TYPES


async def create_share(request: Request) -> Response:
    """Whoever may not read a transcript must not come to it by sharing it."""
    no_query(request)
    caller(request.scope).check(Scope.READ)
    given = schemas.NewShare.model_validate(await read_json(request))
    lasts = timedelta(seconds=given.expires_in)
    share, token = await doors(request).shares.share(given.asset_id, lasts)
    return JSONResponse(schemas.made(share, token), 201, NOT_KEPT)


async def list_shares(request: Request) -> Response:
    query = unique(request.query_params.multi_items())
    given = schemas.ShareQuery.model_validate_strings(query)
    page = await doors(request).shares.list(given.asset_id, limit=given.limit, cursor=given.cursor)
    return JSONResponse(schemas.page_view(page))


async def revoke_share(request: Request) -> Response:
    no_query(request)
    await doors(request).shares.revoke(request.path_params["share_id"])
    return Response(status_code=204)


async def read_shared(request: Request) -> Response:
    """Written beside the loop: of ten hours that takes a while, and whoever has a link may ask."""
    query = unique(request.query_params.multi_items())
    given = schemas.SharedQuery.model_validate_strings(query)
    shared = await doors(request).shares.open(request.path_params["token"])
    if given.format == "html":
        page = await to_thread.run_sync(shared_page.written, shared.asset.title, shared.transcript)
        return Response(page, headers=shared_page.HEADERS, media_type="text/html")
    form = CaptionFormat(given.format)
    named = {"Content-Disposition": f'attachment; filename="transcript.{form}"'}
    text = await to_thread.run_sync(render, shared.transcript, form)
    return PlainTextResponse(
        text, headers={**shared_page.HEADERS, **named}, media_type=MEDIA_TYPES[form]
    )
