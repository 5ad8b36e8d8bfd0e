"""`/api/v1/dead-letters`: jobs that used up their retries, and wait for a look."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import schemas
from app.web.body import no_query, unique
from app.web.doors import doors
from app.web.jobs import show


async def list_dead_letters(request: Request) -> Response:
    """Newest first, each with the history of its attempts."""
    query = unique(request.query_params.multi_items())
    given = schemas.PageQuery.model_validate_strings(query)
    page = await doors(request).jobs.list(dead_letter=True, limit=given.limit, cursor=given.cursor)
    return JSONResponse(schemas.page_view(page))


async def replay(request: Request) -> Response:
    no_query(request)
    job = await doors(request).jobs.replay(request.path_params["job_id"])
    return await show(request, job, 202)


async def replay_all(request: Request) -> Response:
    no_query(request)
    replayed = await doors(request).jobs.replay_all()
    return JSONResponse({"replayed": list(replayed)}, 202)
