"""What is looked at before the body of an upload travels."""

import re

from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge
from app.services import request_key
from app.web.body import media_type
from app.web.doors import doors
from app.web.guard import caller

DIGITS = 20  # of a length: one with more is too large as well
SLACK = 1024 * 1024  # bytes of form around a file of the largest size
#: Bodies that name a medium, and bring none.
NO_MEDIUM = ("application/json", "application/x-www-form-urlencoded")
KEY = re.compile(r"[ -~]{1,255}")


async def refuse_what_does_not_fit(request: Request, key: str | None = None) -> None:
    """By the declared length; `key`: the Idempotency-Key, where one counts. Raises TooLarge,
    StorageFull, Forbidden."""
    limit = doors(request).max_file_size
    declared = request.headers.get("content-length", "")
    size = int(declared[:DIGITS]) if declared.isdecimal() else 0
    if size > limit + SLACK:
        raise TooLarge(f"the upload has {declared} bytes, {limit} are allowed")
    doors(request).intake.make_room(size)
    await doors(request).intake.check_quota(_least(request, size), key)


def _least(request: Request, size: int) -> int:
    """Bytes of the medium in a body of so many: of a form it is not known, and JSON has none."""
    kind = media_type(request)
    if kind == "multipart/form-data":
        return max(0, size - SLACK)
    return 0 if kind in NO_MEDIUM else size


def idempotency_key(request: Request) -> str | None:
    """The client's own name for this request: sent again under it, it does nothing new."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key: 1 to 255 printable ASCII characters")
    who = caller(request.scope).key
    return key if who is None else request_key.owned(key, who.key_id)
