"""`POST /api/v1/ingest`: a medium as JSON path, JSON URL, form file or raw body becomes a job."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from multipart import MultipartSegment
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest, TooLarge
from app.domain.jobs import Job, JobOptions
from app.services.jobs import JobService, Upload
from app.web import body, schemas
from app.web.doors import doors

SLACK = 1024 * 1024  # bytes of form around a file of the largest size
MAX_FIELD = 64 * 1024  # bytes of one form field
FORM = "application/x-www-form-urlencoded"


async def ingest(request: Request) -> Response:
    _refuse_if_declared_too_large(request)
    job = await _submit(request, doors(request).jobs)
    answer = schemas.ticket(job)
    return JSONResponse(answer, 202, {"Location": answer["status_url"]})


async def _submit(request: Request, jobs: JobService) -> Job:
    query = request.query_params.multi_items()
    kind = body.media_type(request)
    if kind == "multipart/form-data":
        return await _from_multipart(request, jobs, query)
    if kind == "application/json":
        source = schemas.Source.model_validate(await body.read_json(request))
        return await _from_source(jobs, source, _merged(source, body.unique(query)))
    if kind == FORM:
        source = _source(await body.read_form(request) + query)
        return await _from_source(jobs, source, source.job_options())
    return await _from_raw(request, jobs, query)


async def _from_source(jobs: JobService, source: schemas.Source, options: JobOptions) -> Job:
    if source.url is not None:
        return await jobs.submit_url(source.url, options)
    assert source.path is not None  # the schema allows exactly one
    return await jobs.submit_path(source.path, options)


async def _from_raw(request: Request, jobs: JobService, query: list[tuple[str, str]]) -> Job:
    given = schemas.UploadQuery.model_validate_strings(body.unique(query))
    if given.filename is None and _bodiless(request):
        raise InvalidRequest(
            "no source",
            hint="send a file as body or form field `file`, or JSON with `path` or `url`",
        )
    options = jobs.checked(given.job_options())  # before a large body travels in vain
    upload = await jobs.receive(given.filename or "upload", request.stream())
    return await jobs.submit_received(upload, options)


async def _from_multipart(request: Request, jobs: JobService, query: list[tuple[str, str]]) -> Job:
    form = _Form(query)
    try:
        await form.read(body.multipart_events(request), jobs)
        if form.upload is None:
            source = _source(form.fields)
            return await _from_source(jobs, source, source.job_options())
        given = schemas.Options.model_validate_strings(body.unique(form.fields))
    except BaseException:
        if form.upload is not None:
            await jobs.discard(form.upload)
        raise
    return await jobs.submit_received(form.upload, given.job_options())


@dataclass
class _Form:
    """Fields in memory, the file on disk, in whatever order they come."""

    fields: list[tuple[str, str]]
    upload: Upload | None = field(default=None)

    async def read(self, events: AsyncIterator[body.Event], jobs: JobService) -> None:
        async for part in events:
            assert isinstance(part, MultipartSegment)  # each part is read to its end below
            if part.filename is None and part.name != "file":
                self.fields.append((part.name or "", await _text(part.name, events)))
            elif part.name != "file" or self.upload is not None:
                raise InvalidRequest(f"{part.name}: exactly one file, in the field `file`")
            else:
                self.upload = await jobs.receive(part.filename or "upload", _bytes(events))


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


def _refuse_if_declared_too_large(request: Request) -> None:
    limit = doors(request).max_file_size
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + SLACK:
        raise TooLarge(f"the upload has {declared} bytes, {limit} are allowed")
