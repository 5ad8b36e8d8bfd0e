"""From JSON to frozen dataclasses, by their type hints; what they do not name is passed over."""

import dataclasses
from collections.abc import Hashable, Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from app.domain.errors import SpoolError

T = TypeVar("T")


def read(kind: type[T], document: Any) -> T:
    """Fields that are missing, or null without a place for it, are left at their defaults.

    A field `raw` gets the document as it came. Raises SpoolError when a value does not fit.
    """
    if not isinstance(document, Mapping):
        raise SpoolError(f"the service answered what is no {kind.__name__}: {document!r:.200}")
    hints = _hints(cast(Hashable, kind))
    found = {
        name: _value(hints[name], document[name], f"{kind.__name__}.{name}")
        for name in hints
        if document.get(name) is not None
    }
    if "raw" in hints:
        found["raw"] = document
    try:
        return kind(**found)
    except TypeError as error:
        raise SpoolError(f"the service answered half a {kind.__name__}: {error}") from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Of the fields, by name."""
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in dataclasses.fields(kind)}


def _value(hint: Any, value: Any, place: str) -> Any:
    origin = get_origin(hint)
    if origin is UnionType:  # `X | None`, and None is dealt with
        return _value(get_args(hint)[0], value, place)
    try:
        if origin is tuple:
            return tuple(_value(get_args(hint)[0], each, place) for each in value)
        if hint is datetime:
            return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise SpoolError(f"{place}: the service answered {value!r:.200}") from error
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    wanted = (int, float) if hint is float else origin or hint
    if wanted is not Any and not isinstance(value, wanted):
        raise SpoolError(f"{place}: the service answered {value!r:.200}")
    return float(value) if hint is float else value
