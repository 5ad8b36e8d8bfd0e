"""What the routes of webhooks take and answer."""

from app.domain.keys import Scope
from app.web import webhook_answers as answers
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery
from app.web.webhook_schemas import DeliveriesQuery

LIST_DELIVERIES = Operation(
    name="list_deliveries",
    summary="Webhook deliveries, newest first",
    tag="webhooks",
    scope=Scope.READ,
    query=DeliveriesQuery,
    answers={200: Answer(description="One page.", content={JSON: answers.DeliveryPage})},
)

GET_DELIVERY = Operation(
    name="get_delivery",
    summary="One delivery, with its tries",
    tag="webhooks",
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="The delivery.", content={JSON: answers.WholeDelivery})},
    refusals=(404,),
)

REPLAY_DELIVERY = Operation(
    name="replay_delivery",
    summary="Deliver once more",
    tag="webhooks",
    scope=Scope.INGEST,
    query=NoQuery,
    answers={
        202: Answer(
            description="The delivery, due now.",
            content={JSON: answers.WholeDelivery},
            headers={"Location": "Where the delivery is."},
        )
    },
    refusals=(404,),
)
