"""`/api/v1/search`: moments by meaning and by word."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.search import SearchAnswer, SearchHit, SearchQuery
from app.web import schemas
from app.web.body import read_json, unique
from app.web.doors import doors


async def search(request: Request) -> Response:
    given = await _parameters(request)
    query = SearchQuery(
        text=given.q,
        mode=given.mode,
        media_type=given.media_type,
        asset_id=given.asset_id,
        labels=given.labels,
        since=_milliseconds(given.since),
        until=_milliseconds(given.until),
        limit=given.limit,
    )
    answer = await doors(request).search.answer(query, cursor=given.cursor)
    return JSONResponse(_view(answer))


async def _parameters(request: Request) -> schemas.SearchParameters:
    query = unique(request.query_params.multi_items())
    if request.method != "POST":
        return schemas.SearchParameters.model_validate_strings(query)
    schemas.NoQuery.model_validate_strings(query)
    return schemas.SearchParameters.model_validate(await read_json(request))


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _view(answer: SearchAnswer) -> dict[str, Any]:
    return {
        "hits": [_hit(hit) for hit in answer.hits],
        "mode": answer.mode,
        "notice": answer.notice,
        "cursor": answer.cursor,
    }


def _hit(hit: SearchHit) -> dict[str, Any]:
    times = {"start": round(hit.start, 3), "end": round(hit.end, 3)}
    return asdict(hit) | times | {"score": round(hit.score, 6), "url": hit.url, "thumbnail": None}
