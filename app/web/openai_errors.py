"""Errors under `/v1` as OpenAI's clients read them: `{"error": {message, type, param, code}}`."""

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from app.domain.errors import SpoolError
from app.domain.jobs import Job
from app.web.answers import OpenAIError, OpenAIProblem
from app.web.endings import ends_so_again

#: `field: what is wrong with it`.
NAMED = re.compile(r"([a-z_]+(?:\[[a-z_]*\])?)(?:\.[^:]*)?: ")
#: Where OpenAI has a code of its own, by status.
CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
NO_MODEL = "model_not_found"
#: OpenAI's clients send an upload again on most of the other statuses, unless this is there.
NO_RETRY = {"x-should-retry": "false"}


def spoken_under(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")


def translated(status: int, error: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Our `status` and inner `error` as OpenAI has them, whose word for 422 is 400."""
    status = 400 if status == 422 else status
    hint = f" ({error['hint']})" if error.get("hint") else ""
    problem = OpenAIProblem(
        message=f"{error['message']}{hint}",
        type=_kind(status),
        param=_field(error["code"], error["message"]),
        code=CODES.get(status, error["code"]),
    )
    return status, OpenAIError(error=problem).model_dump()


def failure(job: Job) -> tuple[int, dict[str, Any]]:
    """Of a job that ended without a transcript."""
    code = job.error_code or job.status.value
    message = job.error_message or f"the job was {job.status.value}"
    status = 400 if ends_so_again(code) else 502
    return translated(status, {"code": code, "message": message})


def failed(job: Job, headers: dict[str, str]) -> Response:
    status, body = failure(job)
    return JSONResponse(body, status, headers | NO_RETRY)


def stopped(error: SpoolError, headers: dict[str, str]) -> Response:
    """The service stops, and keeps the job: an upload sent again would be another one."""
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    status, body = translated(503, told)
    return JSONResponse(body, status, headers | NO_RETRY)


def _kind(status: int) -> str:
    if status == 429:
        return "requests"
    return "server_error" if status >= 500 else "invalid_request_error"


def _field(code: str, message: str) -> str | None:
    if code == NO_MODEL:
        return "model"
    named = NAMED.match(message) if code == "request.invalid" else None
    return named[1] if named and named[1] != "body" else None
