"""`/api/v1/session`: a browser takes a key, which it sends by itself from then on."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import Forbidden
from app.web import session_cookie
from app.web import session_schemas as schemas
from app.web.body import no_query, read_json
from app.web.cached import NOT_KEPT
from app.web.doors import doors
from app.web.guard import Caller, caller, verify
from app.web.sender import from_elsewhere


async def sign_in(request: Request) -> Response:
    """While keys are off there is nothing to be kept."""
    no_query(request)
    _refuse_others(request)
    given = schemas.SignIn.model_validate(await read_json(request))
    if not doors(request).gate.keys_required:
        return _shown(request, caller(request.scope))
    secret = given.key.strip()
    answer = _shown(request, Caller(key=await verify(request.scope)(secret)))
    secure = request.url.scheme == "https"
    answer.headers[session_cookie.SET] = session_cookie.kept(secret, secure=secure)
    return answer


async def get_session(request: Request) -> Response:
    no_query(request)
    return _shown(request, caller(request.scope))


async def sign_out(request: Request) -> Response:
    no_query(request)
    _refuse_others(request)
    return Response(status_code=204, headers={session_cookie.SET: session_cookie.cleared()})


def _shown(request: Request, who: Caller) -> Response:
    shown = schemas.shown(who, doors(request).gate.keys_required)
    return JSONResponse(shown, headers=NOT_KEPT)


def _refuse_others(request: Request) -> None:
    """Pages of `cors_origins` bring a key of their own: the cookie is none of their business."""
    if from_elsewhere(request.headers):
        raise Forbidden("only our own pages sign in and out", code="request.cross_site")
