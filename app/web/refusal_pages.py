"""Refusals as pages, for people who look at an address; programs get JSON."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.web import openai_errors, shared_page, watch_refusals

SHARED = "/shared/"  # what follows opens a transcript to whoever has it


def refusal_page(
    request: Request, status: int, error: Mapping[str, str | None], headers: Mapping[str, str]
) -> Response | None:
    """None where JSON says it better; `error` as in the one shape."""
    if not watch_refusals.looked_at(request):
        return None
    if request.url.path.startswith(SHARED):
        return shared_page.refused(status, error["message"] or "", headers)
    if watch_refusals.wanted(request) or _is_nowhere(request.url.path, error):
        return watch_refusals.page(status, error, headers)
    return None


def _is_nowhere(path: str, error: Mapping[str, str | None]) -> bool:
    """An address that somebody typed, or that a link has wrong; none of programs."""
    programs = path.startswith("/api/") or openai_errors.spoken_under(path)
    return error["code"] == "route.not_found" and not programs
