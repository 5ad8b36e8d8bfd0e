"""`GET /health`: how the service is."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.keys import Scope
from app.web.body import no_query
from app.web.doors import doors
from app.web.guard import caller


async def health(request: Request) -> Response:
    """Open to all. Where keys are required, reasons are for those who may read."""
    no_query(request)
    report = await doors(request).health.report()
    plain = not caller(request.scope).allows(Scope.READ)
    return JSONResponse(_without_reasons(report) if plain else report)


def _without_reasons(report: dict[str, Any]) -> dict[str, Any]:
    """`failed: no such file /srv/...` is `failed`."""
    ready = {part: _word(state) for part, state in report["ready"].items()}
    return report | {"ready": ready, "disk": _word(report["disk"])}


def _word(state: str) -> str:
    return state.partition(":")[0]
