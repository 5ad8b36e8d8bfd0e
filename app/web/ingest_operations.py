"""What `/api/v1/ingest` takes and answers."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.domain.keys import Scope
from app.web import job_answers as answers
from app.web import schemas
from app.web.operation import BYTES, FORM, JSON, URLENCODED, Answer, Header, Operation
from app.web.schemas import one_of

KEY = {
    "Idempotency-Key": Header(
        description="Your own name for this request: sent again under it, it does nothing new.",
        schema={"type": "string", "pattern": "^[ -~]{1,255}$"},
    )
}
LOCATION = {"Location": "Where the job is."}
TAKEN = Answer(
    description="The job is committed.", content={JSON: answers.Ticket}, headers=LOCATION
)

DONE = Answer(
    description="With `dedupe`: a completed job on the same bytes, with the same options and "
    "engine. Nothing is taken in.",
    content={JSON: answers.Ticket},
    headers=LOCATION,
)


class IngestForm(schemas.Source):
    """Exactly one of `file`, `path` and `url`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [*one_of("file", "path", "url")]})

    file: Annotated[bytes | None, Field(description="The medium itself.")] = None


def _ingest(name: str, summary: str) -> Operation:
    return Operation(
        name=name,
        summary=summary,
        tag="jobs",
        scope=Scope.INGEST,
        description="A medium as form file, as raw body, or named by URL or path. Options stand in "
        "the query, or beside the source in JSON and forms, but not in both.",
        query=schemas.UploadQuery,
        headers=KEY,
        body={
            FORM: IngestForm,
            JSON: schemas.Source,
            URLENCODED: schemas.Source,
            BYTES: None,
        },
        answers={200: DONE, 202: TAKEN},
        refusals=(403, 404, 409, 413, 507),
    )


INGEST = _ingest("ingest", "Take a medium in")
INGEST_PUT = _ingest("ingest_put", "Take a medium in, as `curl -T` sends it")
