"""`/api/v1/engines`: which there are, which are loaded, and which one is the default."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services.engines import EngineShelf
from app.web import body, schemas
from app.web import engines_schemas as shown
from app.web.doors import doors


async def list_engines(request: Request) -> Response:
    _no_query(request)
    return _told(doors(request).engines)


async def set_default(request: Request) -> Response:
    """Answers when the engine is loaded, and the default."""
    _no_query(request)
    given = shown.EngineChoice.model_validate(await body.read_json(request))
    engines = doors(request).engines
    await engines.swap(given.provider, given.model)
    return _told(engines)


def _told(engines: EngineShelf) -> Response:
    return JSONResponse(shown.engines_view(engines).model_dump(mode="json"))


def _no_query(request: Request) -> None:
    schemas.NoQuery.model_validate_strings(body.unique(request.query_params.multi_items()))
