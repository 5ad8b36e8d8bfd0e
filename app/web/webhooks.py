"""`/api/v1/webhooks/deliveries`: what was sent to whom, how it went, and once more."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import webhook_schemas as schemas
from app.web.body import no_query, unique
from app.web.doors import doors


async def list_deliveries(request: Request) -> Response:
    query = unique(request.query_params.multi_items())
    given = schemas.DeliveriesQuery.model_validate_strings(query)
    page = await doors(request).webhooks.list(
        job_id=given.job_id, state=given.state, limit=given.limit, cursor=given.cursor
    )
    return JSONResponse(schemas.page_view(page))


async def get_delivery(request: Request) -> Response:
    no_query(request)
    delivery = await doors(request).webhooks.get(request.path_params["delivery_id"])
    return JSONResponse(schemas.whole_view(delivery))


async def replay_delivery(request: Request) -> Response:
    """202: it is due now, and sent as soon as its endpoint is free."""
    no_query(request)
    delivery = await doors(request).webhooks.replay(request.path_params["delivery_id"])
    location = f"/api/v1/webhooks/deliveries/{delivery.delivery_id}"
    return JSONResponse(schemas.whole_view(delivery), 202, {"Location": location})
