"""What agents send and are answered: JSON-RPC 2.0, as the Model Context Protocol has it."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.web.answers import Answered

Version = Literal["2.0"]
#: More than doubles hold would come back as another one.
MAX_ID = 2**53


def _as_whole(value: object) -> object:
    """To JSON 7.0 is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, Field(ge=-MAX_ID, le=MAX_ID), BeforeValidator(_as_whole)]
Id: TypeAlias = int | str


class RpcMessage(BaseModel):
    """A request, or without `id` a notification. More keys may come with later revisions."""

    model_config = ConfigDict(frozen=True, strict=True)

    jsonrpc: Version
    id: Annotated[Whole | str, Field(default_factory=str)]
    method: Annotated[str, Field(description="initialize, tools/list, tools/call and others.")]
    params: Annotated[dict[str, Any], Field(default_factory=dict)]


class RpcProblem(Answered):
    code: int
    message: str
    data: Annotated[Any, Field(default=None)]


class RpcRefusal(Answered):
    jsonrpc: Version
    id: Annotated[Id | None, Field(default=None)]
    error: RpcProblem


class RpcResult(Answered):
    jsonrpc: Version
    id: Id
    result: dict[str, Any]
