"""What the door of agents takes and answers."""

from pydantic import RootModel

from app.domain.keys import Scope
from app.web.agents_schemas import RpcMessage, RpcRefusal, RpcResult
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery


class RpcAnswer(RootModel[RpcResult | RpcRefusal]):
    """Refusals of tools are results, with `isError`."""


MCP = Operation(
    name="mcp",
    summary="Let an agent use the service",
    tag="agents",
    scope=Scope.READ,
    description="The Model Context Protocol: streamable HTTP without sessions, answered in JSON. "
    "What a tool does needs the scope that it would need elsewhere.",
    query=NoQuery,
    headers={"MCP-Protocol-Version": "The revision of the protocol that is spoken."},
    body={JSON: RpcMessage},
    answers={
        200: Answer(description="The answer.", content={JSON: RpcAnswer}),
        202: Answer(description="Heard; a notification wants no answer."),
        400: Answer(description="Not as that revision has it.", content={JSON: RpcRefusal}),
        404: Answer(description="No such method.", content={JSON: RpcRefusal}),
    },
    refusals=(413,),
    cookie=False,
)
