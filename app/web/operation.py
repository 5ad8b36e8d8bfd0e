"""What a route takes and answers: for the guard at its door, and for the document of them all."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.keys import Scope
from app.web.audit import Audit
from app.web.counted import Reached
from app.web.guard import Guard
from app.web.sender import SAFE

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

JSON = "application/json"
HTML = "text/html"
PLAIN = "text/plain"
FORM = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
BYTES = "application/octet-stream"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header of which there is more to say than words."""

    description: str
    #: Of its text, as JSON schema.
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


#: By name; a text alone is the description.
Headers: TypeAlias = Mapping[str, str | Header]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One status that a route may answer with."""

    description: str
    #: By media type; None stands for bytes or text of no schema. Empty: no body.
    content: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    #: Header names with what they say; those with words alone are always there.
    headers: Headers = field(default_factory=dict)


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
    #: Request headers that matter, with what they say; those with words alone may be left out.
    headers: Headers = field(default_factory=dict)
    #: The body, by media type; None stands for bytes of no schema.
    body: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    body_required: bool = True
    answers: Mapping[int, Answer]
    #: Statuses of planned errors, in the one error shape.
    refusals: tuple[int, ...] = ()
    #: Errors in OpenAI's shape.
    openai: bool = False
    #: Errors are pages to those who ask for HTML.
    pages: bool = False
    #: The key may also come as the password of HTTP Basic.
    basic: bool = False
    #: A browser may have the key in a cookie.
    cookie: bool = True
    #: The log says who did it, though a key of less than an admin will do.
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Door:
    """One route: the methods that its endpoint answers, and what it does."""

    path: str
    endpoint: Endpoint
    #: By method.
    operations: Mapping[str, Operation]

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return re.findall(r"{(\w+)", self.path)

    def route(self) -> Route:
        """Guarded before its body is read."""
        scopes = {method: operation.scope for method, operation in self.operations.items()}
        before = [
            Middleware(Reached, route=self.path),
            Middleware(Audit, actions=self.audited),
            Middleware(Guard, scopes=scopes),
        ]
        return Route(self.path, self.endpoint, methods=list(scopes), middleware=before)

    @property
    def audited(self) -> dict[str, str]:
        """Names of the operations of which the log says who did it, by method."""
        return {
            method: operation.name
            for method, operation in self.operations.items()
            if operation.told or (operation.scope is Scope.ADMIN and method not in SAFE)
        }
