"""`/api/v1/engines`: which there are, which are loaded, and which one is the default."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services.engines import EngineShelf
from app.web import engines_schemas as shown
from app.web.body import no_query, read_json
from app.web.doors import doors


async def list_engines(request: Request) -> Response:
    no_query(request)
    return await _told(doors(request).engines)


async def set_default(request: Request) -> Response:
    """Answers when the engine is loaded, and the default."""
    no_query(request)
    given = shown.EngineChoice.model_validate(await read_json(request))
    engines = doors(request).engines
    await engines.swap(given.provider, given.model)
    return await _told(engines)


async def _told(engines: EngineShelf) -> Response:
    choices = await engines.choices()
    return JSONResponse(shown.engines_view(engines, choices).model_dump(mode="json"))
