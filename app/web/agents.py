"""`/mcp`: agents use the service, over the Model Context Protocol without sessions.

Here the body is looked at; what it asks for is answered behind `Doors.agents`. There is nothing to
listen to by GET, and no session to be ended by DELETE: both are 405, as the protocol has it.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.agents_schemas import RpcMessage
from app.web.body import MAX_JSON, no_query, parsed_json, read_bytes
from app.web.doors import doors
from app.web.operation import EVENTS, JSON


async def mcp(request: Request) -> Response:
    """200 with an answer, 202 to what wants none."""
    no_query(request)
    said = await read_bytes(request, MAX_JSON)
    RpcMessage.model_validate(parsed_json(said))
    return HandedOn(doors(request).agents, bytes(said))


class HandedOn(Response):
    """What another application answers to a request whose body is read already.

    Whatever a client says it sends and accepts, it is JSON.
    """

    def __init__(self, answering: ASGIApp, said: bytes) -> None:
        super().__init__()
        self._answering, self._said = answering, said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-type"] = JSON
        headers["accept"] = f"{JSON}, {EVENTS}"
        said: list[Message] = [{"type": "http.request", "body": self._said, "more_body": False}]

        async def again() -> Message:
            return said.pop() if said else await receive()

        await self._answering({**scope, "headers": headers.raw}, again, send)
