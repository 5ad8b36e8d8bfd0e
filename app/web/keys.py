"""`/api/v1/keys`: API keys, made, listed and revoked."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import key_schemas as schemas
from app.web.body import no_query, read_json
from app.web.cached import NOT_KEPT
from app.web.doors import doors


async def list_keys(request: Request) -> Response:
    no_query(request)
    found = await doors(request).keys.list()
    return JSONResponse({"keys": [schemas.shown(key) for key in found]})


async def create_key(request: Request) -> Response:
    no_query(request)
    asked = schemas.NewKey.model_validate(await read_json(request))
    key, secret = await doors(request).keys.create(
        asked.name, frozenset(asked.scopes), asked.expires_at
    )
    return JSONResponse(schemas.made(key, secret), 201, NOT_KEPT)


async def revoke_key(request: Request) -> Response:
    no_query(request)
    await doors(request).keys.revoke(request.path_params["key_id"])
    return Response(status_code=204)
