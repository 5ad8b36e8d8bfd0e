"""`/api/v1/assets`: any searchable thing, taken in, told of, corrected, taken away."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest
from app.domain.jobs import AssetStage, Job
from app.domain.media_types import TEXT_SUFFIXES, MediaType, media_suffix
from app.web import asset_views as views
from app.web import body
from app.web.arrival import idempotency_key, refuse_what_does_not_fit
from app.web.assets_schemas import MAX_BODY, AssetPatch, AssetPayload, AssetQuery
from app.web.cached import kept
from app.web.doors import doors
from app.web.form import read_form
from app.web.media import NOSNIFF, POLICY

PLAIN_TEXT = ".md"


async def take_in(request: Request) -> Response:
    """202 as soon as the job is committed."""
    body.no_query(request)
    await refuse_what_does_not_fit(request, idempotency_key(request))
    form = body.media_type(request) == "multipart/form-data"
    job = await (_from_form(request) if form else _from_payload(request))
    answer = views.ticket(job)
    return JSONResponse(answer, 202, {"Location": answer["status_url"]})


async def list_assets(request: Request) -> Response:
    query = body.unique(request.query_params.multi_items())
    given = AssetQuery.model_validate_strings(query)
    page = await doors(request).assets.list(
        media_type=given.media_type,
        parent_id=given.parent_id,
        limit=given.limit,
        cursor=given.cursor,
    )
    return JSONResponse(views.page_view(page))


async def get_asset(request: Request) -> Response:
    body.no_query(request)
    return JSONResponse(views.shown(await doors(request).assets.get(_id(request))))


async def patch_asset(request: Request) -> Response:
    body.no_query(request)
    given = AssetPatch.model_validate(await body.read_json(request, MAX_BODY))
    changes = given.changes()
    state = await doors(request).assets.edit(_id(request), changes)
    said = await doors(request).jobs.said(state.asset) if changes.segments else ()
    return JSONResponse(views.corrected(state, said, changes.segments or {}))


async def delete_asset(request: Request) -> Response:
    body.no_query(request)
    await doors(request).assets.delete(_id(request))
    return Response(status_code=204)


async def thumbnail(request: Request) -> Response:
    body.no_query(request)
    picture = await doors(request).assets.thumbnail(_id(request))
    return kept(request, picture, "image/jpeg", NOSNIFF | {"Content-Security-Policy": POLICY})


async def _from_payload(request: Request) -> Job:
    given = AssetPayload.model_validate(await body.read_json(request, MAX_BODY))
    if given.stage is not AssetStage.INITIAL:
        return await _again(request, given)
    if len(given.extra.sources) != 1:
        raise InvalidRequest("extra: name exactly one source: path, url or text")
    intake, options, key = doors(request).intake, given.job_options(), idempotency_key(request)
    if given.extra.url is not None:
        return await intake.submit_url(given.extra.url, options.by_suffix(given.extra.url), key)
    if given.extra.path is not None:
        return await intake.submit_path(given.extra.path, options.by_suffix(given.extra.path), key)
    options = await intake.checked(options.evolve(media_type=MediaType.TEXT))
    content = (given.extra.text or "").encode(errors="replace")
    upload = await intake.receive_whole(_text_name(given.asset_id), content, key=key)
    return await intake.submit_received(upload, options, key)


async def _from_form(request: Request) -> Job:
    intake, key = doors(request).intake, idempotency_key(request)
    async with read_form(request, intake, partial(intake.receive, key=key)) as form:
        upload, given = form.file, _payload(body.unique(form.fields))
    options = given.job_options().by_suffix(upload.filename)
    return await intake.submit_received(upload, options, key)


def _payload(fields: dict[str, str]) -> AssetPayload:
    """The standard payload as JSON in the field of that name; the file is its source."""
    if fields.keys() != {"payload"}:
        raise InvalidRequest("payload: the standard payload as JSON, and `file`, are the fields")
    given = AssetPayload.model_validate(body.parsed_json(fields["payload"].encode()))
    if given.extra.sources or given.stage is not AssetStage.INITIAL:
        raise InvalidRequest("payload: the file is the source, at the stage initial")
    return given


async def _again(request: Request, given: AssetPayload) -> Job:
    if given.extra.path is not None or given.extra.url is not None:
        raise InvalidRequest(f"extra: at the stage {given.stage} nothing is looked at again")
    options, key = given.job_options(), idempotency_key(request)
    return await doors(request).assets.again(given.asset_id, given.changes(), options, key)


def _text_name(asset_id: str) -> str:
    known = media_suffix(asset_id) in TEXT_SUFFIXES
    return asset_id if known else asset_id + PLAIN_TEXT


def _id(request: Request) -> str:
    return str(request.path_params["asset_id"])
