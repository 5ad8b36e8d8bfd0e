"""`POST /sync-content`: a site pushes what it has written."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services.site_sync import Page, Synced
from app.web.assets_schemas import MAX_BODY, SitePage, SitePages
from app.web.body import no_query, read_json
from app.web.doors import doors


async def sync_content(request: Request) -> Response:
    """202 when a job begins, else 200."""
    no_query(request)
    given = await read_json(request, MAX_BODY)
    many = isinstance(given, dict) and "pages" in given
    pages = SitePages.model_validate(given).pages if many else (SitePage.model_validate(given),)
    size = sum(len((page.content or "").encode(errors="replace")) for page in pages)
    doors(request).intake.make_room(size)
    synced = [await doors(request).site.push(_page(page)) for page in pages]
    status = 202 if any(each.job for each in synced) else 200
    return JSONResponse({"pages": [_view(each) for each in synced]}, status)


def _page(given: SitePage) -> Page:
    return Page(slug=given.slug, content=given.content, options=given.job_options())


def _view(synced: Synced) -> dict[str, Any]:
    job = synced.job
    done = "deleted" if synced.deleted else "unchanged"
    return {
        "slug": synced.slug,
        "status": "pending" if job else done,
        "job_id": job.job_id if job else None,
        "status_url": f"/api/v1/jobs/{job.job_id}" if job else None,
    }
