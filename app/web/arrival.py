"""What is looked at before the body of an upload travels."""

import re

from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge
from app.services import request_key
from app.web.doors import doors
from app.web.guard import caller

DIGITS = 20  # of a length: one with more is too large as well
SLACK = 1024 * 1024  # bytes of form around a file of the largest size
KEY = re.compile(r"[ -~]{1,255}")


def refuse_what_does_not_fit(request: Request) -> None:
    """By the declared length. Raises TooLarge, StorageFull."""
    limit = doors(request).max_file_size
    declared = request.headers.get("content-length", "")
    size = int(declared[:DIGITS]) if declared.isdecimal() else 0
    if size > limit + SLACK:
        raise TooLarge(f"the upload has {declared} bytes, {limit} are allowed")
    doors(request).intake.make_room(size)


def idempotency_key(request: Request) -> str | None:
    """The client's own name for this request: sent again under it, it does nothing new."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key: 1 to 255 printable ASCII characters")
    who = caller(request.scope).key
    return key if who is None else request_key.owned(key, who.key_id)
