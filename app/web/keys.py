"""`/api/v1/keys`: API keys, made, listed, changed and revoked."""

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
        asked.name, frozenset(asked.scopes), asked.expires_at, asked.quota()
    )
    return JSONResponse(schemas.made(key, secret), 201, NOT_KEPT)


async def change_key(request: Request) -> Response:
    no_query(request)
    asked = schemas.Quotas.model_validate(await read_json(request))
    key = await doors(request).keys.grant(request.path_params["key_id"], asked.changes())
    return JSONResponse(schemas.shown(key))


async def revoke_key(request: Request) -> Response:
    no_query(request)
    await doors(request).keys.revoke(request.path_params["key_id"])
    return Response(status_code=204)
