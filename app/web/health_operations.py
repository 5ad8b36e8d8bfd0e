"""What `/health` and its kin answer, and `/metrics`."""

from app.domain.keys import Scope
from app.web import health_answers as answers
from app.web.operation import JSON, PLAIN, Answer, Operation
from app.web.schemas import NoQuery

HEALTH = Operation(
    name="health",
    summary="How the service is",
    tag="service",
    scope=None,
    description="Answers as soon as jobs are taken in; `ready` tells what is loaded behind it.",
    query=NoQuery,
    answers={200: Answer(description="Its state.", content={JSON: answers.Health})},
)

LIVE = Operation(
    name="live",
    summary="Whether the process answers",
    tag="service",
    scope=None,
    description="Nothing is looked at: what does not answer should be started anew.",
    query=NoQuery,
    answers={200: Answer(description="It does.", content={JSON: answers.Live})},
)

READY = Operation(
    name="ready",
    summary="Whether work should be sent here",
    tag="service",
    scope=None,
    description=(
        "Models and an index that still load are no reason against it: jobs wait for them. "
        "A search does not: it is a 503 until `ready.index` of `GET /health` is `ready`."
    ),
    query=NoQuery,
    answers={
        200: Answer(description="It should.", content={JSON: answers.Readiness}),
        503: Answer(description="Not now, and why.", content={JSON: answers.NotReady}),
    },
)

METRICS = Operation(
    name="metrics",
    summary="What Prometheus reads",
    tag="service",
    scope=Scope.READ,
    description="The text format 0.0.4. The guide lists all names.",
    query=NoQuery,
    answers={200: Answer(description="Counters, gauges and histograms.", content={PLAIN: None})},
)
