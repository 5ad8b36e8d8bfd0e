"""What the route of a job's events takes and answers."""

from app.domain.keys import Scope
from app.web import schemas
from app.web.operation import EVENTS, Answer, Header, Operation

GET_EVENTS = Operation(
    name="get_events",
    summary="A job as server-sent events",
    tag="jobs",
    scope=Scope.READ,
    description="`state` (job_id, status, stage, attempts), `progress` (progress, eta), `segment` "
    "(as in the result, in the order of time) and, last, `done` (job_id, status, error, "
    "result_url). Each carries an object as JSON, and as its id the number of segments so far.",
    query=schemas.NoQuery,
    headers={
        "Last-Event-ID": Header(
            description="Id of the last event that arrived: the stream goes on behind it.",
            schema={"type": "string", "pattern": "^[0-9]{0,9}$"},
        )
    },
    answers={200: Answer(description="Events until the job has ended.", content={EVENTS: None})},
    refusals=(404,),
)
