"""`GET /health`: how the service is; whether it lives; whether work should be sent to it."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.keys import Scope
from app.services.readiness import Reason
from app.web.body import no_query
from app.web.cached import NOT_KEPT
from app.web.doors import doors
from app.web.errors import BACK_LATER, error_body
from app.web.guard import caller


async def health(request: Request) -> Response:
    """Open to all. Where keys are required, reasons are for those who may read."""
    no_query(request)
    report = await doors(request).health.report()
    plain = not caller(request.scope).allows(Scope.READ)
    return JSONResponse(_without_reasons(report) if plain else report)


async def live(request: Request) -> Response:
    """No row and no file is looked at: who asks restarts a process that does not answer."""
    no_query(request)
    return JSONResponse({"live": True}, headers=NOT_KEPT)


async def ready(request: Request) -> Response:
    no_query(request)
    reasons = await doors(request).readiness.reasons()
    if not reasons:
        return JSONResponse({"ready": True}, headers=NOT_KEPT)
    plain = not caller(request.scope).allows(Scope.READ)
    return JSONResponse(_not_ready(reasons, plain), 503, BACK_LATER | NOT_KEPT)


def _not_ready(reasons: tuple[Reason, ...], plain: bool) -> dict[str, Any]:
    """The first in the one error shape, all of them beside it; strangers learn codes alone."""
    told = [Reason(code=each.code, message="not ready") for each in reasons] if plain else reasons
    first = error_body(told[0].code, told[0].message)
    return first | {"ready": False, "reasons": [asdict(each) for each in told]}


def _without_reasons(report: dict[str, Any]) -> dict[str, Any]:
    """`failed: no such file /srv/...` is `failed`."""
    ready = {part: _word(state) for part, state in report["ready"].items()}
    return report | {"ready": ready, "disk": _word(report["disk"])}


def _word(state: str) -> str:
    return state.partition(":")[0]
