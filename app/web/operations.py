"""What each route of the main door takes and answers."""

from app.domain.keys import Scope
from app.web.operation import Answer, Operation

HEALTH = Operation(
    name="health",
    summary="How the service is",
    tag="service",
    scope=None,
    answers={200: Answer(description="Its state.")},
)

INGEST = Operation(
    name="ingest",
    summary="Take a medium in",
    tag="jobs",
    scope=Scope.INGEST,
    answers={202: Answer(description="The job is committed.")},
)

INGEST_PUT = Operation(
    name="ingest_put",
    summary="Take a medium in, as `curl -T` sends it",
    tag="jobs",
    scope=Scope.INGEST,
    answers={202: Answer(description="The job is committed.")},
)

LIST_JOBS = Operation(
    name="list_jobs",
    summary="Jobs, newest first",
    tag="jobs",
    scope=Scope.READ,
    answers={200: Answer(description="One page.")},
)

GET_JOB = Operation(
    name="get_job",
    summary="One job",
    tag="jobs",
    scope=Scope.READ,
    answers={200: Answer(description="The job.")},
)

DELETE_JOB = Operation(
    name="delete_job",
    summary="Delete a job with all that is known of it",
    tag="jobs",
    scope=Scope.ADMIN,
    answers={204: Answer(description="It is gone.")},
)

CANCEL_JOB = Operation(
    name="cancel_job",
    summary="Stop a job",
    tag="jobs",
    scope=Scope.INGEST,
    answers={200: Answer(description="The job, cancelled.")},
)

RETRY_JOB = Operation(
    name="retry_job",
    summary="Send a job on its way again",
    tag="jobs",
    scope=Scope.INGEST,
    answers={202: Answer(description="The job, pending.")},
)

GET_RESULT = Operation(
    name="get_result",
    summary="What was said",
    tag="jobs",
    scope=Scope.READ,
    answers={200: Answer(description="The result.")},
)

LIST_DEAD_LETTERS = Operation(
    name="list_dead_letters",
    summary="Jobs that were given up",
    tag="dead letters",
    scope=Scope.READ,
    answers={200: Answer(description="One page.")},
)

REPLAY_ALL = Operation(
    name="replay_dead_letters",
    summary="Send every dead letter on its way again",
    tag="dead letters",
    scope=Scope.INGEST,
    answers={202: Answer(description="Their ids.")},
)

REPLAY = Operation(
    name="replay_dead_letter",
    summary="Send one dead letter on its way again",
    tag="dead letters",
    scope=Scope.INGEST,
    answers={202: Answer(description="The job, pending.")},
)

LIST_DELIVERIES = Operation(
    name="list_deliveries",
    summary="Webhook deliveries, newest first",
    tag="webhooks",
    scope=Scope.READ,
    answers={200: Answer(description="One page.")},
)

GET_DELIVERY = Operation(
    name="get_delivery",
    summary="One delivery, with its tries",
    tag="webhooks",
    scope=Scope.READ,
    answers={200: Answer(description="The delivery.")},
)

REPLAY_DELIVERY = Operation(
    name="replay_delivery",
    summary="Deliver once more",
    tag="webhooks",
    scope=Scope.INGEST,
    answers={202: Answer(description="The delivery, pending.")},
)

SEARCH = Operation(
    name="search",
    summary="Search all that was said",
    tag="search",
    scope=Scope.READ,
    answers={200: Answer(description="One page of hits.")},
)

SEARCH_BY_BODY = Operation(
    name="search_by_body",
    summary="Search all that was said, asked for in JSON",
    tag="search",
    scope=Scope.READ,
    answers={200: Answer(description="One page of hits.")},
)
