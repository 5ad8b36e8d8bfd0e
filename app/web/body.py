"""Reading request bodies: JSON within a limit, multipart as a stream of events."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from anyio import to_thread
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge
from app.web import json_reader
from app.web.schemas import NoQuery

MAX_JSON = 1024 * 1024  # bytes
#: Bytes from which others have their turn while it is read.
LONG = 256 * 1024
MAX_PARTS = 64
MAX_BOUNDARY = 200  # characters; the standard allows 70
#: Bytes before the first part or behind the last, which are nobody's; and of the head of one.
MAX_AROUND = 64 * 1024
MAX_FIELDS = 1000  # of a form that is no multipart
AS_FILE = "send a file as it is with `curl -T FILE`, or as a form with `curl -F file=@FILE`"

AS_JSON = "if it is JSON, say so: curl -H 'Content-Type: application/json'"

#: A part begins, bytes of it, it ends.
Event: TypeAlias = MultipartSegment | bytes | None


async def read_json(request: Request, limit: int = MAX_JSON) -> Any:
    text = await _read(request, limit)
    return await to_thread.run_sync(parsed_json, text) if len(text) > LONG else parsed_json(text)


async def read_bytes(request: Request, limit: int) -> bytearray:
    return await _read(request, limit)


def parsed_json(text: bytes | bytearray) -> Any:
    try:
        return json_reader.read(text)
    except ValueError as error:
        raise InvalidRequest(f"the body is not JSON: {_first_line(error)}") from error


async def read_form(request: Request) -> list[tuple[str, str]]:
    """`application/x-www-form-urlencoded`."""
    return form_fields((await _read(request)).decode("ascii", errors="replace").strip())


def form_fields(text: str) -> list[tuple[str, str]]:
    if text.count("&") >= MAX_FIELDS:
        raise InvalidRequest(f"the form has more than {MAX_FIELDS} fields", hint=AS_FILE)
    try:
        return parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError as error:
        hint = AS_JSON if text[:1] in ("{", "[") else AS_FILE
        raise InvalidRequest("the body is no form", hint=hint) from error


def unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Repeated labels are joined; any other repeated key is refused."""
    return {key: ",".join(values) for key, values in gathered(pairs).items()}


def gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Not joined yet: to join each with all that came before takes the square of the time."""
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        if key in found and key != "labels":
            raise InvalidRequest(f"{key[: json_reader.MAX_NAME]}: given twice")
        found.setdefault(key, []).append(value)
    return found


def no_query(request: Request) -> None:
    """Raises ValidationError that names what was asked for, where nothing may be."""
    NoQuery.model_validate_strings(unique(request.query_params.multi_items()))


def media_type(request: Request) -> str:
    return _content_type(request)[0]


async def multipart_events(request: Request) -> AsyncIterator[Event]:
    """Raises InvalidRequest when the body is not whole or not multipart."""
    boundary = _content_type(request)[1].get("boundary", "")
    if len(boundary) > MAX_BOUNDARY:
        raise InvalidRequest(f"the boundary of the form has more than {MAX_BOUNDARY} characters")
    around = 0
    try:
        parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS)
        async for chunk in request.stream():
            around += len(chunk)
            for event in parser.parse(chunk) if chunk else ():
                around = 0
                yield bytes(event) if isinstance(event, bytearray) else event
            if around > MAX_AROUND:
                raise InvalidRequest(f"{MAX_AROUND} bytes of the form belong to no part of it")
        parser.close()
    except MultipartError as error:
        raise InvalidRequest(f"the multipart body is broken: {error}") from error


def _content_type(request: Request) -> tuple[str, dict[str, str]]:
    name, options = parse_options_header(request.headers.get("content-type", ""))
    return name.lower(), dict(options)


async def _read(request: Request, limit: int = MAX_JSON) -> bytearray:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(
                f"a body of this type may have {limit} bytes",
                code="body.too_large",
                hint=AS_FILE,
            )
    return body  # as bytes it would be there twice


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
