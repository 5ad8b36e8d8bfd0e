"""`POST /api/v1/ingest`: a medium as JSON path, JSON URL, form file or raw body becomes a job."""

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest
from app.domain.jobs import Job, JobOptions, JobStatus
from app.services.intake import Intake, Upload
from app.web import body, schemas
from app.web.arrival import idempotency_key, refuse_what_does_not_fit
from app.web.doors import doors
from app.web.form import read_form

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be done with the medium."""

    options: JobOptions
    key: str | None
    dedupe: bool


async def ingest(request: Request) -> Response:
    """200 when a completed job is the answer, and nothing is taken in; else 202."""
    await refuse_what_does_not_fit(request, idempotency_key(request))
    job, wish = await _submit(request, doors(request).intake)
    answer = schemas.ticket(job)
    status = 200 if wish.dedupe and job.status is JobStatus.COMPLETED else 202
    return JSONResponse(answer, status, {"Location": answer["status_url"]})


async def _submit(request: Request, intake: Intake) -> tuple[Job, Wish]:
    query = request.query_params.multi_items()
    key = idempotency_key(request)
    kind = body.media_type(request)
    if kind == "multipart/form-data":
        return await _from_multipart(request, intake, query, key)
    if kind == "application/json":
        source = schemas.Source.model_validate(await body.read_json(request))
        return await _from_source(intake, source, _merged(source, body.unique(query), key))
    if kind == FORM:
        source = _source(await body.read_form(request) + query)
        return await _from_source(intake, source, _wish(source, key))
    return await _from_raw(request, intake, query, key)


async def _from_source(intake: Intake, source: schemas.Source, wish: Wish) -> tuple[Job, Wish]:
    options = wish.options.by_suffix(source.url or source.path or "")
    if source.url is not None:
        return await intake.submit_url(source.url, options, wish.key, dedupe=wish.dedupe), wish
    assert source.path is not None  # the schema allows exactly one
    return await intake.submit_path(source.path, options, wish.key, dedupe=wish.dedupe), wish


async def _from_raw(
    request: Request, intake: Intake, query: list[tuple[str, str]], key: str | None
) -> tuple[Job, Wish]:
    given = schemas.UploadQuery.model_validate_strings(body.unique(query))
    if given.filename is None and _bodiless(request):
        raise InvalidRequest(
            "no source",
            hint="send a file as body or form field `file`, or JSON with `path` or `url`",
        )
    wish = _wish(given, key)
    await intake.checked(wish.options)  # before a large body travels in vain
    upload = await intake.receive(given.filename or "upload", request.stream(), key=key)
    return await _received(intake, upload, wish)


async def _from_multipart(
    request: Request, intake: Intake, query: list[tuple[str, str]], key: str | None
) -> tuple[Job, Wish]:
    async with read_form(request, intake, partial(intake.receive, key=key)) as form:
        fields = query + form.fields
        if form.upload is None:
            source = _source(fields)
            return await _from_source(intake, source, _wish(source, key))
        given = schemas.IngestOptions.model_validate_strings(body.unique(fields))
    return await _received(intake, form.file, _wish(given, key))


async def _received(intake: Intake, upload: Upload, wish: Wish) -> tuple[Job, Wish]:
    options = wish.options.by_suffix(upload.filename)
    return await intake.submit_received(upload, options, wish.key, dedupe=wish.dedupe), wish


def _wish(given: schemas.IngestOptions, key: str | None) -> Wish:
    return Wish(options=given.job_options(), key=key, dedupe=given.dedupe)


def _source(fields: list[tuple[str, str]]) -> schemas.Source:
    return schemas.Source.model_validate_strings(body.unique(fields))


def _merged(source: schemas.Source, query: dict[str, str], key: str | None) -> Wish:
    """Options of the body and of the query string; the same one in both is refused."""
    more = schemas.IngestOptions.model_validate_strings(query)
    if twice := more.model_fields_set & source.model_fields_set:
        raise InvalidRequest(f"{', '.join(sorted(twice))}: given twice, in body and query")
    named = more.model_fields_set - {"dedupe"}
    options = source.job_options().evolve(**{name: getattr(more, name) for name in named})
    return Wish(options=options, key=key, dedupe=source.dedupe or more.dedupe)


def _bodiless(request: Request) -> bool:
    chunked = "transfer-encoding" in request.headers
    return not chunked and request.headers.get("content-length", "0") == "0"
