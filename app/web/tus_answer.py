"""How answers look to a client of tus, also when it is refused."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import SpoolError
from app.web import tus
from app.web.body import no_query
from app.web.errors import on_invalid, on_spool_error
from app.web.operation import Endpoint

#: What tus wants to be answered, by code; all else as on every surface.
STATUS = {
    "upload.header": 400,
    "upload.expired": 410,
    "upload.version": 412,
    "upload.content_type": 415,
    "upload.locked": 423,
    "upload.checksum_mismatch": 460,
}


async def answered(request: Request, verb: Endpoint) -> Response:
    """With the headers of tus on every answer."""
    try:
        no_query(request)
        answer = await verb(request)
    except SpoolError as error:
        answer = await on_spool_error(request, error)
        answer.status_code = STATUS.get(error.code, answer.status_code)
    except ValidationError as error:
        answer = await on_invalid(request, error)
    answer.headers["Tus-Resumable"] = tus.VERSION
    if answer.status_code == 412:
        answer.headers["Tus-Version"] = tus.VERSION
    return answer


def spoken(verb: Endpoint) -> Endpoint:
    """Only in our version of tus."""

    async def checked(request: Request) -> Response:
        tus.check_version(request)
        return await verb(request)

    return checked
