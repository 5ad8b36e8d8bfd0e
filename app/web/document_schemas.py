"""Models as JSON schema: whole for JSON bodies, and as texts for what has no types on the wire."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

REFERENCE = "#/components/schemas/"
LISTED = "Comma-separated; may also be given more than once."

Schema: TypeAlias = dict[str, Any]


class Schemas:
    """`components` has those that are referred to, under names that are unique."""

    def __init__(self, models: Sequence[type[BaseModel]]) -> None:
        places, whole = models_json_schema(
            [(model, "validation") for model in models], ref_template=f"{REFERENCE}{{model}}"
        )
        self._places = {model: place for (model, _), place in places.items()}
        self._all: dict[str, Schema] = whole["$defs"]
        self._used: set[str] = set()

    @property
    def components(self) -> dict[str, Schema]:
        """To be asked for when all else is written."""
        return {name: self._all[name] for name in sorted(self._used)}

    def media(self, model: type[BaseModel] | None, *, as_text: bool = False) -> Schema:
        """A media type object."""
        if model is None:
            return {}
        schema = self._as_form(model) if as_text else self._places[model]
        self._use(schema)
        return {"schema": schema}

    def parameters(self, model: type[BaseModel]) -> list[Schema]:
        """Of the query string."""
        whole = self._inside(model)
        required = whole.get("required", [])
        return [
            self._parameter(name, schema, name in required)
            for name, schema in whole.get("properties", {}).items()
        ]

    def _parameter(self, name: str, schema: Schema, required: bool) -> Schema:
        schema = _as_text(schema)
        self._use(schema)
        said = {"description": schema.pop("description")} if "description" in schema else {}
        found = {"name": name, "in": "query", "required": required, **said, "schema": schema}
        if schema.get("type") == "array":
            found |= {"style": "form", "explode": False}
        return found

    def _as_form(self, model: type[BaseModel]) -> Schema:
        whole = self._inside(model)
        properties = {name: _as_text(each) for name, each in whole.get("properties", {}).items()}
        return {**whole, "properties": properties}

    def _inside(self, model: type[BaseModel]) -> Schema:
        return self._all[str(self._places[model]["$ref"]).removeprefix(REFERENCE)]

    def _use(self, schema: object) -> None:
        """With all that it refers to in turn."""
        if isinstance(schema, Mapping):
            name = str(schema.get("$ref", "")).removeprefix(REFERENCE)
            if name and name not in self._used:
                self._used.add(name)
                self._use(self._all[name])
            schema = list(schema.values())
        if isinstance(schema, list):
            for part in schema:
                self._use(part)


def _as_text(schema: Schema) -> Schema:
    """What is not there is left out, for there is no null; a list is a list."""
    found = {key: value for key, value in schema.items() if key not in ("title", "anyOf")}
    if found.get("default", "") is None:
        del found["default"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    lists = [kind for kind in kinds if kind.get("type") == "array"]
    found |= {"anyOf": kinds} if len(lists or kinds) > 1 else (lists or kinds or [{}])[0]
    if found.get("type") == "array":
        found.setdefault("description", LISTED)
    return found
