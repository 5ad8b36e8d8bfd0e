"""`POST /api/v1/ingest`: a medium as JSON path, JSON URL, form file or raw body becomes a job."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from multipart import MultipartSegment
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest, TooLarge
from app.domain.jobs import Job, JobOptions
from app.services.intake import Intake, Upload
from app.web import body, schemas
from app.web.doors import doors

DIGITS = 20  # of a length: one with more is too large as well
SLACK = 1024 * 1024  # bytes of form around a file of the largest size
MAX_FIELD = 64 * 1024  # bytes of one form field
FORM = "application/x-www-form-urlencoded"
KEY = re.compile(r"[ -~]{1,255}")


async def ingest(request: Request) -> Response:
    _refuse_what_does_not_fit(request)
    job = await _submit(request, doors(request).intake)
    answer = schemas.ticket(job)
    return JSONResponse(answer, 202, {"Location": answer["status_url"]})


async def _submit(request: Request, intake: Intake) -> Job:
    query = request.query_params.multi_items()
    key = _key(request)
    kind = body.media_type(request)
    if kind == "multipart/form-data":
        return await _from_multipart(request, intake, query, key)
    if kind == "application/json":
        source = schemas.Source.model_validate(await body.read_json(request))
        return await _from_source(intake, source, _merged(source, body.unique(query)), key)
    if kind == FORM:
        source = _source(await body.read_form(request) + query)
        return await _from_source(intake, source, source.job_options(), key)
    return await _from_raw(request, intake, query, key)


async def _from_source(
    intake: Intake, source: schemas.Source, options: JobOptions, key: str | None
) -> Job:
    if source.url is not None:
        return await intake.submit_url(source.url, options, key)
    assert source.path is not None  # the schema allows exactly one
    return await intake.submit_path(source.path, options, key)


async def _from_raw(
    request: Request, intake: Intake, query: list[tuple[str, str]], key: str | None
) -> Job:
    given = schemas.UploadQuery.model_validate_strings(body.unique(query))
    if given.filename is None and _bodiless(request):
        raise InvalidRequest(
            "no source",
            hint="send a file as body or form field `file`, or JSON with `path` or `url`",
        )
    options = await intake.checked(given.job_options())  # before a large body travels in vain
    name = given.filename or "upload"
    upload = await intake.receive(name, request.stream(), hashed=key is not None)
    return await intake.submit_received(upload, options, key)


async def _from_multipart(
    request: Request, intake: Intake, query: list[tuple[str, str]], key: str | None
) -> Job:
    form = _Form(query, hashed=key is not None)
    try:
        await form.read(body.multipart_events(request), intake)
        if form.upload is None:
            source = _source(form.fields)
            return await _from_source(intake, source, source.job_options(), key)
        given = schemas.Options.model_validate_strings(body.unique(form.fields))
    except BaseException:
        if form.upload is not None:
            await intake.discard(form.upload)
        raise
    return await intake.submit_received(form.upload, given.job_options(), key)


@dataclass
class _Form:
    """Fields in memory, the file on disk, in whatever order they come."""

    fields: list[tuple[str, str]]
    hashed: bool
    upload: Upload | None = field(default=None)

    async def read(self, events: AsyncIterator[body.Event], intake: Intake) -> None:
        async for part in events:
            assert isinstance(part, MultipartSegment)  # each part is read to its end below
            if part.filename is None and part.name != "file":
                self.fields.append((part.name or "", await _text(part.name, events)))
            elif part.name != "file" or self.upload is not None:
                raise InvalidRequest(f"{part.name}: exactly one file, in the field `file`")
            else:
                self.upload = await intake.receive(
                    part.filename or "upload", _bytes(events), hashed=self.hashed
                )


async def _bytes(events: AsyncIterator[body.Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


async def _text(name: str | None, events: AsyncIterator[body.Event]) -> str:
    value = b""
    async for chunk in _bytes(events):
        value += chunk
        if len(value) > MAX_FIELD:
            raise TooLarge(
                f"{name}: a form field may have {MAX_FIELD} bytes", code="body.too_large"
            )
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name}: not UTF-8") from error


def _source(fields: list[tuple[str, str]]) -> schemas.Source:
    return schemas.Source.model_validate_strings(body.unique(fields))


def _merged(source: schemas.Source, query: dict[str, str]) -> JobOptions:
    """Options of the body and of the query string; the same one in both is refused."""
    more = schemas.Options.model_validate_strings(query)
    if twice := more.model_fields_set & source.model_fields_set:
        raise InvalidRequest(f"{', '.join(sorted(twice))}: given twice, in body and query")
    return source.job_options().evolve(
        **{name: getattr(more, name) for name in more.model_fields_set}
    )


def _bodiless(request: Request) -> bool:
    chunked = "transfer-encoding" in request.headers
    return not chunked and request.headers.get("content-length", "0") == "0"


def _refuse_what_does_not_fit(request: Request) -> None:
    """By the declared length, before the body travels."""
    limit = doors(request).max_file_size
    declared = request.headers.get("content-length", "")
    size = int(declared[:DIGITS]) if declared.isdecimal() else 0
    if size > limit + SLACK:
        raise TooLarge(f"the upload has {declared} bytes, {limit} are allowed")
    doors(request).intake.make_room(size)


def _key(request: Request) -> str | None:
    """The client's own name for this request: sent again under it, it does nothing new."""
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key: 1 to 255 printable ASCII characters")
    return key
