"""`/api/v1/media` and `/api/v1/waveforms`: what a player needs of an asset."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.content_types import BYTES
from app.web import body
from app.web.cached import PRIVATE, kept
from app.web.doors import doors
from app.web.file_answer import disposition, sent
from app.web.operation import JSON
from app.web.schemas import Given

#: Whatever a browser takes the bytes for, nothing in them is run.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
#: Around a medium in a tab of its own a browser writes a page, dresses it, and asks for the medium
#: once more: from our origin, or the sandbox would be a stranger to us. Still nothing is run.
SHOWN = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; sandbox allow-same-origin"
)
NOSNIFF = {"X-Content-Type-Options": "nosniff", **PRIVATE}


class MediaQuery(Given):
    #: To be saved as a file, and not to be shown.
    download: bool = False


async def media(request: Request) -> Response:
    """What no browser shows as a medium is never shown."""
    query = body.unique(request.query_params.multi_items())
    given = MediaQuery.model_validate_strings(query)
    medium = await doors(request).media.open(request.path_params["asset_id"])
    saved = given.download or medium.content_type == BYTES
    named = disposition("attachment" if saved else "inline", medium.name)
    policy = POLICY if saved else SHOWN
    headers = {"Content-Disposition": named, "Content-Security-Policy": policy}
    return sent(request, medium, NOSNIFF | headers)


async def waveform(request: Request) -> Response:
    body.no_query(request)
    drawn = await doors(request).media.waveform(request.path_params["asset_id"])
    return kept(request, drawn, JSON, NOSNIFF)
