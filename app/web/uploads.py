"""`/api/v1/uploads`: resumable uploads as tus 1.0 has them. A whole one is a job."""

from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from app.domain.uploads import CHECKSUMS, ResumableUpload
from app.web import tus
from app.web.cached import NOT_KEPT
from app.web.doors import doors
from app.web.tus_answer import answered, spoken

OVERRIDE = "X-HTTP-Method-Override"


async def uploads(request: Request) -> Response:
    """The collection: what tus there is, and a new upload."""
    return await answered(request, _tell if request.method == "OPTIONS" else spoken(_create))


async def upload(request: Request) -> Response:
    """One upload. POST is for clients that cannot say PATCH or DELETE, and say it in a header."""
    method = request.method
    if method == "POST":
        method = request.headers.get(OVERRIDE, "").upper()
    verbs = {"HEAD": _look, "PATCH": _append, "DELETE": _remove}
    verb = _tell if request.method == "OPTIONS" else spoken(verbs.get(method, _no_verb))
    return await answered(request, verb)


async def _tell(request: Request) -> Response:
    told = {
        "Tus-Resumable": tus.VERSION,
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(doors(request).max_file_size),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return Response(status_code=204, headers=told)


async def _create(request: Request) -> Response:
    length, given = tus.upload_length(request), tus.metadata(request)
    name = given.filename or "upload"
    made = await doors(request).uploads.create(
        length,
        given.job_options().by_suffix(name),
        filename=name,
        told=request.headers.get("upload-metadata"),
    )
    place = {"Location": f"/api/v1/uploads/{made.upload_id}"}
    return Response(status_code=201, headers=place | _about(made))


async def _look(request: Request) -> Response:
    found = await doors(request).uploads.look(_id(request))
    told = {"Upload-Length": str(found.length), **NOT_KEPT}
    if found.told is not None:
        told["Upload-Metadata"] = found.told
    return Response(headers=told | _about(found))


async def _append(request: Request) -> Response:
    tus.check_chunk_type(request)
    found = await doors(request).uploads.append(
        _id(request),
        tus.number(request, "Upload-Offset"),
        request.stream(),
        size=tus.chunk_size(request),
        checksum=tus.checksum(request),
    )
    return Response(status_code=204, headers=_about(found))


async def _remove(request: Request) -> Response:
    await doors(request).uploads.remove(_id(request))
    return Response(status_code=204)


async def _no_verb(request: Request) -> Response:
    raise tus.wrong(f"{OVERRIDE}: POST here stands for PATCH, DELETE or HEAD, and must say which")


def _id(request: Request) -> str:
    return str(request.path_params["upload_id"])


def _about(upload: ResumableUpload) -> dict[str, str]:
    """Where it stands, and the job, once there is one."""
    told = {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.finished_at is not None:
        job = f"/api/v1/jobs/{upload.upload_id}"
        told |= {"Spool-Job-Id": upload.upload_id, "Spool-Job-Url": job}
    return told
