"""`/api/v1/search`: moments by meaning, by word and by looks."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.errors import InvalidRequest
from app.domain.search import SearchAnswer, SearchHit, SearchQuery
from app.services.search import MAX_PICTURE
from app.web import schemas
from app.web.body import media_type, read_json, unique
from app.web.doors import doors
from app.web.operation import FORM
from app.web.picture_form import read_picture_form
from app.web.search_schemas import SearchBody

#: A picture in Base64 is a third longer.
MAX_SEARCH = MAX_PICTURE * 4 // 3 + 64 * 1024  # bytes


async def search(request: Request) -> Response:
    given, picture = await _parameters(request)
    query = SearchQuery(
        text=given.q,
        mode=given.mode,
        media_type=given.media_type,
        asset_id=given.asset_id,
        labels=given.labels,
        since=_milliseconds(given.since),
        until=_milliseconds(given.until),
        limit=given.limit,
        grouped=given.group,
    )
    answer = await doors(request).search.answer(query, cursor=given.cursor, picture=picture)
    return JSONResponse(_view(answer))


async def _parameters(request: Request) -> tuple[schemas.SearchParameters, bytes | None]:
    query = unique(request.query_params.multi_items())
    if request.method != "POST":
        return schemas.SearchParameters.model_validate_strings(query), None
    schemas.NoQuery.model_validate_strings(query)
    if media_type(request) == FORM:
        fields, picture = await read_picture_form(request, MAX_PICTURE)
        return _form(unique(fields)), picture
    given = SearchBody.model_validate(await read_json(request, MAX_SEARCH))
    return given, given.image


def _form(fields: dict[str, str]) -> SearchBody:
    """Texts only: 0 and 1 are numbers where the document says true or false."""
    if fields.get("group", "true").lower() not in ("true", "false"):
        raise InvalidRequest("group: true or false")
    return SearchBody.model_validate_strings(fields)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _view(answer: SearchAnswer) -> dict[str, Any]:
    return {
        "hits": [
            {**_moment(hit), "moments": [_moment(each) for each in hit.moments], "more": hit.more}
            for hit in answer.hits
        ],
        "mode": answer.mode,
        "notice": answer.notice,
        "cursor": answer.cursor,
    }


def _moment(hit: SearchHit) -> dict[str, Any]:
    return {
        "asset_id": hit.asset_id,
        "parent_id": hit.parent_id or None,
        "media_type": hit.media_type,
        "title": hit.title,
        "text": hit.text,
        "snippet": hit.snippet,
        "start": round(hit.start, 3),
        "end": round(hit.end, 3),
        "score": round(hit.score, 6),
        "why": list(hit.why),
        "url": hit.url,
        "thumbnail": hit.thumbnail,
    }
