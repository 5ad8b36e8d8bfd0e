"""The OpenAPI document, written from the table of doors and the models that validate."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread

from app import __version__
from app.domain.keys import Scope
from app.web import session_cookie
from app.web.answers import Error, OpenAIError
from app.web.docs import FILES
from app.web.document_schemas import Schemas
from app.web.operation import HTML, JSON, Answer, Door, Header, Headers, Operation

DESCRIPTION = (
    "Media in, as background jobs; transcripts, subtitles, and all of it searchable. "
    "Unknown parameters and keys are refused, and so is what is given twice."
)
#: What stands in addresses.
PATH_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "job_id": {"type": "string", "format": "uuid"},
    "delivery_id": {"type": "string", "pattern": "^msg_[0-9a-f]{32}$"},
    "share_id": {"type": "string", "format": "uuid"},
    "file": {"type": "string", "enum": list(FILES)},
}
TEXT = {"type": "string", "minLength": 1}
REFUSALS = {
    400: "The request is at fault.",
    401: "No key, or one that opens nothing.",
    403: "Not allowed: the scope of the key, the source, a page of another site, or a proxy.",
    404: "No such thing.",
    408: "The request comes too slowly.",
    409: "Its state does not allow this.",
    413: "Over a limit.",
    415: "Not of a kind that is taken here.",
    416: "What is asked for lies behind the end.",
    421: "The `Host` is no name of this service.",
    422: "The message names the field.",
    429: "Too many requests.",
    431: "Address and headers are too long.",
    503: "Still loading, or too busy.",
    507: "The disk is full.",
}
#: When to come back, or what to come with.
REFUSAL_HEADERS = {
    401: {"WWW-Authenticate": "What to come with."},
    416: {"Content-Range": "How many bytes there are."},
    429: {"Retry-After": "Seconds."},
    503: {"Retry-After": "Seconds."},
    507: {"Retry-After": "Seconds."},
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": session_cookie.NAME,
        "description": "A browser's own, see `/api/v1/session`; only for our own pages.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "An API key as the password."},
}


class Document:
    """Written when it is first asked for."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors
        self._text: bytes | None = None

    async def text(self) -> bytes:
        """JSON. In a thread: it takes some tenths of a second."""
        if self._text is None:
            self._text = await to_thread.run_sync(lambda: json.dumps(written(self._doors)).encode())
        return self._text


def written(doors: Sequence[Door]) -> dict[str, Any]:
    """The document as plain JSON types."""
    schemas = Schemas(_models(doors))
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        entry = paths.setdefault(re.sub(r":\w+}", "}", door.path), {})
        for method, operation in door.operations.items():
            entry[method.lower()] = _operation(operation, method, door, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Spool", "version": __version__, "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operations(doors: Sequence[Door]) -> list[Operation]:
    return [operation for door in doors for operation in door.operations.values()]


def _models(doors: Sequence[Door]) -> list[Any]:
    found: dict[Any, None] = {Error: None, OpenAIError: None}
    for each in _operations(doors):
        contents = (each.body, *(answer.content for answer in each.answers.values()))
        models = (each.query, *(model for content in contents for model in content.values()))
        found |= dict.fromkeys(model for model in models if model is not None)
    return list(found)


def _operation(operation: Operation, method: str, door: Door, schemas: Schemas) -> dict[str, Any]:
    whole = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "security": _security(operation),
        "parameters": _parameters(operation, door, schemas),
        "requestBody": _body(operation, schemas),
        "responses": _responses(operation, _writes(operation, method), schemas),
    }
    return {key: value for key, value in whole.items() if value or key == "security"}


def _security(operation: Operation) -> list[dict[str, list[Scope]]]:
    """None at all on an open route; keys may also be off, hence the last."""
    if operation.scope is None:
        return []
    ways = {"bearer": True, "key": True, "cookie": operation.cookie, "basic": operation.basic}
    return [*({way: [operation.scope]} for way, opens in ways.items() if opens), {}]


def _parameters(operation: Operation, door: Door, schemas: Schemas) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS.get(name, TEXT)}
        for name in door.parameters
    ]
    query = schemas.parameters(operation.query) if operation.query else []
    headers = [
        {"name": name, "in": "header", **_header(said, False)}
        for name, said in operation.headers.items()
    ]
    return [*path, *query, *headers]


def _body(operation: Operation, schemas: Schemas) -> dict[str, Any] | None:
    if not operation.body:
        return None
    content = {
        kind: schemas.media(model, as_text=kind != JSON) for kind, model in operation.body.items()
    }
    return {"required": operation.body_required, "content": content}


def _writes(operation: Operation, method: str) -> bool:
    """Looking at an upload does: it asks a request that still writes to stop."""
    return method not in ("GET", "OPTIONS") and operation.scope is not Scope.READ


def _responses(operation: Operation, writes: bool, schemas: Schemas) -> dict[str, Any]:
    answers = {status: _answer(answer, schemas) for status, answer in operation.answers.items()}
    for status in _refusals(operation, writes):
        refusal = _refusal(status, operation, schemas)
        answers[status] = _either(answers[status], refusal) if status in answers else refusal
    return {str(status): answers[status] for status in sorted(answers)}


def _answer(answer: Answer, schemas: Schemas) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.description}
    if answer.content:
        found["content"] = {kind: schemas.media(model) for kind, model in answer.content.items()}
    if answer.headers:
        found["headers"] = _headers(answer.headers)
    return found


def _either(answer: dict[str, Any], refusal: dict[str, Any]) -> dict[str, Any]:
    """Refused, or taken in and gone wrong."""
    shapes = [each["content"][JSON]["schema"] for each in (answer, refusal)]
    return refusal | answer | {"content": {JSON: {"schema": {"anyOf": shapes}}}}


def _headers(headers: Headers) -> dict[str, Any]:
    return {name: _header(said, True) for name, said in headers.items()}


def _header(said: str | Header, required: bool) -> dict[str, Any]:
    header = said if isinstance(said, Header) else Header(description=said, required=required)
    return {
        "description": header.description,
        "required": header.required,
        "schema": dict(header.schema),
    }


def _refusals(operation: Operation, writes: bool) -> set[int]:
    """Its own, and those that every route has."""
    everywhere = {400 if operation.openai else 422, 403, 408, 421, 429, 431, 503}
    guarded = {401} if operation.scope else set()
    return {*operation.refusals, *everywhere, *guarded, *({507} if writes else ())}


def _refusal(status: int, operation: Operation, schemas: Schemas) -> dict[str, Any]:
    shape = OpenAIError if operation.openai else Error
    headers = REFUSAL_HEADERS.get(status, {})
    said = REFUSALS.get(status, "It failed.")
    content = {JSON: shape, **({HTML: None} if operation.pages else {})}
    return _answer(Answer(description=said, content=content, headers=headers), schemas)
