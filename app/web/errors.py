"""One error shape over every surface: `{"error": {"code", "message", "hint", "job_id"?}}`."""

import math
from collections.abc import Mapping
from typing import Any

from loguru import logger
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from app.domain import errors
from app.domain.redaction import redacted
from app.web import openai_errors
from app.web.credentials import challenge
from app.web.refusal_pages import SHARED, refusal_page

#: Status by class; the closest ancestor counts. What is not listed is a fault of ours: 500.
STATUS: dict[type[Exception], int] = {
    errors.InvalidRequest: 422,
    errors.NotFound: 404,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.Misdirected: 421,
    errors.RateLimited: 429,
    errors.TooLarge: 413,
    errors.Conflict: 409,
    errors.RangeUnsatisfiable: 416,
    errors.MediaError: 422,
    errors.MediaUnsupported: 415,
    errors.SourceError: 422,
    errors.ModelError: 422,
    errors.Unavailable: 503,
    errors.EngineError: 503,
    errors.StorageFull: 507,
    errors.StorageError: 503,
}
#: By pydantic's type of error.
WORDS = {
    "extra_forbidden": "is not known here",
    "model_type": "must be a JSON object",
    "missing": "is missing",
}
MAX_PROBLEMS = 10  # named in one answer
MAX_NAME = 100  # characters of a field's name that are repeated
MAX_PATH = 200  # characters of an address that are logged
RETRY_AFTER = 5  # seconds, with every 503 and 507
BACK_LATER = {"Retry-After": str(RETRY_AFTER)}


def error_body(code: str, message: str, hint: str | None = None, **more: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint, **more}}


async def on_spool_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SpoolError)
    status = _status(error)
    if status >= 500:
        level = "INFO" if isinstance(error, errors.StillLoading) else "ERROR"
        told = "{} {}: {}: {}"
        logger.log(level, told, request.method, _path(request), error.code, error.message)
    headers = _headers(error, status, request.url.path)
    job_id = request.path_params.get("job_id")
    more = {"job_id": job_id} if job_id else {}
    body = error_body(error.code, error.message, error.hint, **more)
    return _answer(request, status, body, headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """No such route, or a method that it does not have."""
    assert isinstance(error, HTTPException)
    codes = {404: "route.not_found", 405: "route.method_not_allowed"}
    code = codes.get(error.status_code, "request.invalid")
    message = f"{error.detail}: {request.method} {request.url.path}"
    headers = _allow(request) if error.status_code == 405 else error.headers
    return _answer(request, error.status_code, error_body(code, message), headers)


def _allow(request: Request) -> dict[str, str]:
    """Of all routes with this path; Starlette tells of the first one alone."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    there = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {"Allow": ", ".join(sorted({name for route in there for name in route.methods or ()}))}


async def on_invalid(request: Request, error: Exception) -> Response:
    """A field that is wrong, unknown or missing: each is named."""
    assert isinstance(error, ValidationError)
    found = error.errors(include_url=False, include_context=False, include_input=False)
    problems = [_problem(item["loc"], item["type"], item["msg"]) for item in found[:MAX_PROBLEMS]]
    if len(found) > MAX_PROBLEMS:
        problems.append(f"and {len(found) - MAX_PROBLEMS} more")
    return _answer(request, 422, error_body("request.invalid", "; ".join(problems)))


def _problem(place: tuple[int | str, ...], kind: str, said: str) -> str:
    """In our words where pydantic's are about itself."""
    said = WORDS.get(kind, said.removeprefix("Value error, "))
    return f"{_name(place)}: {said}"


def _name(place: tuple[int | str, ...]) -> str:
    return redacted(".".join(str(part) for part in place))[:MAX_NAME] or "body"


async def on_disconnect(request: Request, error: Exception) -> Response:
    """Nobody is there to read it; the status is for the log."""
    return Response(status_code=499)


async def on_fault(request: Request, error: Exception) -> Response:
    logger.opt(exception=error).error("unplanned: {} {}", request.method, _path(request))
    return _answer(request, 500, error_body("internal", "a fault of the service, see its log"))


def _path(request: Request) -> str:
    """For the log, which a control character in an address would spoil, and which is no place for
    the secret in one."""
    path = request.url.path
    return repr(SHARED if path.startswith(SHARED) else path)[:MAX_PATH]


def _answer(
    request: Request,
    status: int,
    body: dict[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """In the one shape, but to OpenAI's clients in theirs, and to people as a page."""
    body = {"error": {name: _repeatable(said) for name, said in body["error"].items()}}
    if page := refusal_page(request, status, body["error"], headers or {}):
        return page
    if openai_errors.spoken_under(request.url.path):
        status, body = openai_errors.translated(status, body["error"])
    return JSONResponse(body, status, headers)


def _repeatable(said: str | None) -> str | None:
    """Whatever of the request is repeated: keys stand in wrong places, too; and JSON may name a
    lone surrogate, and UTF-8 has none."""
    return said and redacted(said).encode(errors="replace").decode()


def _headers(error: errors.SpoolError, status: int, path: str) -> dict[str, str] | None:
    """When to come back, or what to come with."""
    if isinstance(error, errors.RateLimited):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    if isinstance(error, errors.RangeUnsatisfiable):
        return {"Content-Range": f"bytes */{error.size}"}
    if status == 401:
        return {"WWW-Authenticate": challenge(path)}
    return BACK_LATER if status in (503, 507) else None


def _status(error: errors.SpoolError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


HANDLERS = {
    errors.SpoolError: on_spool_error,
    HTTPException: on_http_error,
    ValidationError: on_invalid,
    ClientDisconnect: on_disconnect,
    Exception: on_fault,
}
