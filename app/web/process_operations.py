"""What the routes of the `/process` family take and answer."""

from typing import Annotated

from pydantic import Field

from app.domain.keys import Scope
from app.web import process_answers as answers
from app.web.ingest_operations import KEY
from app.web.job_answers import Result
from app.web.operation import FORM, JSON, Answer, Operation
from app.web.process_schemas import ProcessOptions
from app.web.schemas import NoQuery

TAG = "process"
REFUSAL = {JSON: answers.ProcessRefusal}
RESULT = Answer(description="The result.", content={JSON: Result})


class ProcessForm(ProcessOptions):
    file: Annotated[bytes, Field(description="The medium itself.")]


PROCESS = Operation(
    name="process",
    summary="Take a medium in",
    tag=TAG,
    scope=Scope.INGEST,
    description="Topics are looked for, too. Options stand in the query or in the form.",
    query=ProcessOptions,
    headers=KEY,
    body={FORM: ProcessForm},
    answers={
        200: Answer(description="The job is committed.", content={JSON: answers.ProcessTicket})
    },
    refusals=(403, 413, 507),
)


def _waiting(name: str, summary: str) -> Operation:
    return Operation(
        name=name,
        summary=summary,
        tag=TAG,
        scope=Scope.INGEST,
        description="Goes before other jobs. A client that hangs up cancels its job.",
        query=ProcessOptions,
        body={FORM: ProcessForm},
        answers={
            200: RESULT,
            409: Answer(description="The job was cancelled.", content=REFUSAL),
            422: Answer(
                description="The request is wrong, or the medium cannot be read.", content=REFUSAL
            ),
            503: Answer(
                description="It went wrong: try again. Or the service stops: then the job goes on "
                "when it starts again, and `/result/{job_id}` will have what comes of it.",
                content=REFUSAL,
                headers={"Retry-After": "Seconds."},
            ),
        },
        refusals=(403, 413, 507),
    )


PROCESS_AUDIO = _waiting("process_audio", "Take sound in, and wait for its result")
PROCESS_VIDEO = _waiting("process_video", "Take a film in, and wait for its result")

STATUS = Operation(
    name="process_status",
    summary="How far a job is",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="The job.", content={JSON: answers.ProcessStatus})},
    refusals=(404,),
)

RESULT_OF = Operation(
    name="process_result",
    summary="What came of a job",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={
        200: RESULT,
        202: Answer(description="Still at it.", content={JSON: answers.ProcessStatus}),
        500: Answer(description="The job failed.", content={JSON: answers.ProcessFailure}),
    },
    refusals=(404, 409),
)

PROCESSING = Operation(
    name="processing_jobs",
    summary="Jobs that run, and how busy the service is",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="Now.", content={JSON: answers.Processing})},
)
