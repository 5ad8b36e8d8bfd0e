"""What a route takes and answers: for the guard at its door, and for the document of them all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.keys import Scope

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

JSON = "application/json"
FORM = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
BYTES = "application/octet-stream"
EVENTS = "text/event-stream"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One status that a route may answer with."""

    description: str
    #: By media type; None stands for bytes or text of no schema. Empty: no body.
    content: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    #: Header names with what they say.
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The models here are those that validate the request and build the answer."""

    #: Names the operation in clients that are generated; unique.
    name: str
    summary: str
    tag: str
    #: What a key must allow. None: open to everybody.
    scope: Scope | None
    description: str = ""
    query: type[BaseModel] | None = None
    #: Request headers that matter, with what they say.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The body, by media type; None stands for bytes of no schema.
    body: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    answers: Mapping[int, Answer]
    #: Statuses of planned errors, in the one error shape.
    refusals: tuple[int, ...] = ()
    #: Errors in OpenAI's shape.
    openai: bool = False


@dataclass(frozen=True, kw_only=True)
class Door:
    """One route: the methods that its endpoint answers, and what it does."""

    path: str
    endpoint: Endpoint
    #: By method.
    operations: Mapping[str, Operation]

    def route(self) -> Route:
        return Route(self.path, self.endpoint, methods=list(self.operations))
