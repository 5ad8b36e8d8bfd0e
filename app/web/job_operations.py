"""What the routes of jobs and dead letters take and answer."""

from app.domain.keys import Scope
from app.web import job_answers as answers
from app.web import schemas
from app.web.operation import JSON, Answer, Operation

SHOWN = {JSON: answers.Job}
#: By the `format` that was asked for.
WRITTEN = {
    "text/plain": None,
    "application/x-subrip": None,
    "text/vtt": None,
    "text/tab-separated-values": None,
}

LIST_JOBS = Operation(
    name="list_jobs",
    summary="Jobs, newest first",
    tag="jobs",
    scope=Scope.READ,
    description="Those on key-frames only when asked for by `media_type`.",
    query=schemas.ListQuery,
    answers={200: Answer(description="One page.", content={JSON: answers.JobPage})},
)

GET_JOB = Operation(
    name="get_job",
    summary="One job",
    tag="jobs",
    scope=Scope.READ,
    query=schemas.JobQuery,
    answers={200: Answer(description="The job.", content=SHOWN)},
    refusals=(404,),
)

DELETE_JOB = Operation(
    name="delete_job",
    summary="Delete a job with all that is known of it",
    tag="jobs",
    scope=Scope.ADMIN,
    description="One that runs is cancelled first.",
    query=schemas.NoQuery,
    answers={204: Answer(description="It is gone.")},
    refusals=(404, 409),
)

CANCEL_JOB = Operation(
    name="cancel_job",
    summary="Stop a job",
    tag="jobs",
    scope=Scope.INGEST,
    query=schemas.NoQuery,
    answers={200: Answer(description="The job, cancelled.", content=SHOWN)},
    refusals=(404, 409),
)

RETRY_JOB = Operation(
    name="retry_job",
    summary="Send a job on its way again",
    tag="jobs",
    scope=Scope.INGEST,
    description="One that failed or was cancelled, or stages of a completed one that did. "
    "What is finished is not computed again.",
    query=schemas.NoQuery,
    answers={202: Answer(description="The job, pending.", content=SHOWN)},
    refusals=(404, 409),
)

GET_RESULT = Operation(
    name="get_result",
    summary="What was said, or what stands in a picture or text",
    tag="jobs",
    scope=Scope.READ,
    description="A picture or a text has `json` and `txt` alone; captions of it answer 409.",
    query=schemas.ResultQuery,
    answers={
        200: Answer(description="The result.", content={JSON: answers.ResultOf, **WRITTEN}),
        202: Answer(
            description="The part that is transcribed so far.",
            content={JSON: answers.Partial, **WRITTEN},
        ),
    },
    refusals=(404, 409),
)

LIST_DEAD_LETTERS = Operation(
    name="list_dead_letters",
    summary="Jobs that were given up",
    tag="dead letters",
    scope=Scope.READ,
    query=schemas.PageQuery,
    answers={200: Answer(description="One page.", content={JSON: answers.JobPage})},
)

REPLAY_ALL = Operation(
    name="replay_dead_letters",
    summary="Send every dead letter on its way again",
    tag="dead letters",
    scope=Scope.INGEST,
    description="But those whose asset a later job takes, or has taken, in anew.",
    query=schemas.NoQuery,
    answers={202: Answer(description="Their ids.", content={JSON: answers.Replayed})},
    told=True,
)

REPLAY = Operation(
    name="replay_dead_letter",
    summary="Send one dead letter on its way again",
    tag="dead letters",
    scope=Scope.INGEST,
    query=schemas.NoQuery,
    answers={202: Answer(description="The job, pending.", content=SHOWN)},
    refusals=(404, 409),
)
