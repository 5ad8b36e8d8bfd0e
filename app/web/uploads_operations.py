"""What the routes of resumable uploads take and answer."""

from app.domain.keys import Scope
from app.web import tus
from app.web.operation import Answer, Header, Headers, Operation
from app.web.schemas import NoQuery

RESUMABLE = {"Tus-Resumable": f"The version of tus: {tus.VERSION}."}
SPOKEN: Headers = {
    "Tus-Resumable": Header(
        description="The version of tus.",
        schema={"type": "string", "const": tus.VERSION},
        required=True,
    )
}
NUMBER = {"type": "string", "pattern": f"^{tus.NUMBER.pattern}$"}
OFFSET = {"Upload-Offset": "Bytes that are on the disk for good."}
EXPIRES = {
    "Upload-Expires": Header(
        description="When it goes unless something happens to it, as HTTP dates are."
    )
}
JOB = {
    "Spool-Job-Id": Header(
        description="The job, once the upload is whole; the same as the upload's id."
    ),
    "Spool-Job-Url": Header(description="Where its state is."),
}
ONE = (400, 404, 410, 412, 422, 423, 503)

TELL = Answer(
    description="Which tus is spoken here.",
    headers={
        "Tus-Version": "Versions of the protocol.",
        "Tus-Extension": "Extensions of the protocol.",
        "Tus-Max-Size": "Bytes of the largest upload.",
        "Tus-Checksum-Algorithm": "What a chunk may be checked with.",
        **RESUMABLE,
    },
)
CHUNK_HEADERS: Headers = {
    **SPOKEN,
    "Upload-Offset": Header(
        description="Where the body goes on; HEAD tells it.", schema=NUMBER, required=True
    ),
    "Upload-Checksum": "Of this body: sha1, sha256 or md5, a space, the digest in Base64.",
}
KEPT = Answer(
    description="The bytes are kept. With the last of them the upload is a job.",
    headers={**RESUMABLE, **OFFSET, **EXPIRES, **JOB},
)

TELL_UPLOADS = Operation(
    name="tell_uploads",
    summary="Which tus is spoken here",
    tag="uploads",
    query=NoQuery,
    scope=None,
    answers={204: TELL},
    refusals=(422,),
)

TELL_UPLOAD = Operation(
    name="tell_upload",
    summary="Which tus is spoken here, asked of one upload",
    tag="uploads",
    query=NoQuery,
    scope=None,
    answers={204: TELL},
    refusals=(422,),
)

CREATE_UPLOAD = Operation(
    name="create_upload",
    summary="Begin a resumable upload",
    tag="uploads",
    query=NoQuery,
    scope=Scope.INGEST,
    headers={
        **SPOKEN,
        "Upload-Length": Header(
            description="Bytes of the whole file.", schema=NUMBER, required=True
        ),
        "Upload-Metadata": "`filename`, `filetype` and options of the job: `key base64,...`.",
    },
    answers={
        201: Answer(
            description="It has begun; its id is that of the job to come.",
            headers={"Location": "The upload.", **RESUMABLE, **OFFSET, **EXPIRES},
        )
    },
    refusals=(400, 403, 412, 413, 422, 503, 507),
)

LOOK_UPLOAD = Operation(
    name="look_upload",
    summary="Where an upload stands",
    tag="uploads",
    query=NoQuery,
    scope=Scope.INGEST,
    headers=SPOKEN,
    answers={
        200: Answer(
            description="Where to go on. A request that still writes is asked to stop.",
            headers={
                "Upload-Length": "Bytes of the whole file.",
                "Upload-Metadata": Header(description="As it was given."),
                "Cache-Control": "no-store",
                **KEPT.headers,
            },
        )
    },
    refusals=ONE,
)

APPEND_UPLOAD = Operation(
    name="append_upload",
    summary="Send the next bytes of an upload",
    tag="uploads",
    query=NoQuery,
    scope=Scope.INGEST,
    headers=CHUNK_HEADERS,
    body={tus.CHUNK: None},
    answers={204: KEPT},
    refusals=(*ONE, 409, 413, 415, 460, 507),
)

REMOVE_UPLOAD = Operation(
    name="remove_upload",
    summary="Give an upload up",
    tag="uploads",
    query=NoQuery,
    scope=Scope.INGEST,
    headers=SPOKEN,
    answers={204: Answer(description="It is gone; the job of a whole one stays.")},
    refusals=ONE,
)

OVERRIDE_UPLOAD = Operation(
    name="override_upload",
    summary="PATCH, DELETE or HEAD for clients that can only POST",
    tag="uploads",
    query=NoQuery,
    scope=Scope.INGEST,
    headers={
        "X-HTTP-Method-Override": Header(
            description="What is meant.",
            schema={"type": "string", "enum": ["PATCH", "DELETE", "HEAD"]},
            required=True,
        ),
        **CHUNK_HEADERS,
        "Upload-Offset": Header(
            description="With PATCH, which wants it: where the body goes on.", schema=NUMBER
        ),
    },
    body={tus.CHUNK: None},
    body_required=False,
    answers={
        200: Answer(description="As HEAD answers."),
        204: Answer(description="As PATCH or DELETE answers."),
    },
    refusals=(*ONE, 409, 413, 415, 460, 507),
)
