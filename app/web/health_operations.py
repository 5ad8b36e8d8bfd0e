"""What `/health` answers."""

from app.web import health_answers as answers
from app.web.operation import JSON, Answer, Operation
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
