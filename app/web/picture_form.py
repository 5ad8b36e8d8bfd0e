"""A form with a picture to search with: all of it in memory, for it is small."""

from collections.abc import AsyncIterator

from multipart import MultipartSegment
from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge
from app.web.body import Event, multipart_events

MAX_FIELD = 64 * 1024  # bytes of one form field


async def read_picture_form(
    request: Request, limit: int
) -> tuple[list[tuple[str, str]], bytes | None]:
    """Its fields, and the file in the field `image`. Raises InvalidRequest, TooLarge."""
    fields: list[tuple[str, str]] = []
    picture: bytes | None = None
    events = multipart_events(request)
    async for part in events:
        assert isinstance(part, MultipartSegment)  # each part is read to its end below
        name = part.name or ""
        if part.filename is None and name != "image":
            fields.append((name, _text(name, await _bytes(name, events, MAX_FIELD))))
        elif name != "image" or picture is not None:
            raise InvalidRequest(f"{name[:100]}: exactly one file, in the field `image`")
        else:
            picture = await _bytes(name, events, limit)
    return fields, picture


async def _bytes(name: str, events: AsyncIterator[Event], limit: int) -> bytes:
    value = bytearray()
    async for event in events:
        if not isinstance(event, bytes):
            break
        value += event
        if len(value) > limit:
            raise TooLarge(f"{name[:100]}: may have {limit} bytes", code="body.too_large")
    return bytes(value)


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name[:100]}: not UTF-8") from error
