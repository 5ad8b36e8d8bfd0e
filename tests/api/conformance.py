"""Holds answers against the OpenAPI document: status, headers, type and body."""

import re
from typing import Any

import httpx2
import jsonschema
from starlette.routing import Match

from app.web.app import routes
from app.web.operation import EVENTS


class Conformance:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        #: (operation, status, media type or "") that were seen.
        self.seen: set[tuple[str, int, str]] = set()

    def watch(self, http: httpx2.AsyncClient) -> None:
        """Every answer to this client from now on, but those that never end."""

        async def hook(answer: httpx2.Response) -> None:
            if not answer.headers.get("content-type", "").startswith(EVENTS):
                await answer.aread()
            self.check(answer)

        http.event_hooks = {"response": [hook]}

    def check(self, answer: httpx2.Response) -> None:
        """The answer is read already. What leads nowhere is not in the document."""
        operation = self._operation(answer.request)
        if operation is None:
            return
        name, status = operation["operationId"], str(answer.status_code)
        assert status in operation["responses"], f"{name} answers {status}: {answer.text}"
        told = operation["responses"][status]
        promised = [key for key, header in told.get("headers", {}).items() if header["required"]]
        missing = [key for key in promised if key not in answer.headers]
        assert not missing, f"{name} answers {status} without {missing}"
        kind = answer.headers.get("content-type", "").partition(";")[0]
        self.seen.add((name, answer.status_code, kind))
        if kind != EVENTS and answer.content:
            self._check_body(answer, told, f"{name} {status} {kind}")

    def _check_body(self, answer: httpx2.Response, told: dict[str, Any], where: str) -> None:
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in told.get("content", {}), f"{where} is not told of"
        if "schema" in told["content"][kind]:
            schema = {**told["content"][kind]["schema"], "components": self._document["components"]}
            validator = jsonschema.Draft202012Validator(
                schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
            )
            wrong = [
                f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer.json())
            ]
            assert not wrong, f"{where}: {wrong}"

    def _operation(self, request: httpx2.Request) -> dict[str, Any] | None:
        method = "get" if request.method == "HEAD" else request.method.lower()
        for route in routes():
            scope = {"type": "http", "method": request.method, "path": request.url.path}
            if route.matches(scope)[0] is Match.FULL:
                path = self._document["paths"][re.sub(r":\w+}", "}", route.path)]
                return dict(path.get(request.method.lower()) or path[method])
        return None
