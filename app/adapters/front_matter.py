"""Front matter of texts: YAML by PyYAML, TOML by the standard library."""

import asyncio
import tomllib
from collections.abc import Mapping
from datetime import date, time
from math import isfinite
from typing import Any

from app.domain.errors import MediaUnreadable
from app.domain.writing.front_matter import FrontMatter, Notation

#: Values, and lists within lists.
MOST_VALUES, DEEPEST = 1000, 10
#: Digits of a whole number: JSON's readers lose what goes beyond.
_EXACT = 2**53


class PlainFrontMatter:
    async def read(self, front: FrontMatter) -> Mapping[str, Any]:
        return await asyncio.to_thread(_read, front)


def _read(front: FrontMatter) -> Mapping[str, Any]:
    """A date like 2024-13-45 and lists without end are no error of the parser's own kind."""
    try:
        told = tomllib.loads(front.content) if _is_toml(front) else _yaml(front.content)
        return _Plain().mapping(told, 0)
    except RecursionError as error:
        raise MediaUnreadable("front matter: too deep") from error
    except Exception as error:
        raise MediaUnreadable(f"front matter: {' '.join(str(error).split())}") from error


def _is_toml(front: FrontMatter) -> bool:
    return front.notation is Notation.TOML


def _yaml(content: str) -> Any:
    """Without aliases: nine short lines of them make a billion values."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise ValueError(f"an alias in line {self.peek_event().start_mark.line + 2}")
            return super().compose_node(parent, index)

    found = yaml.load(content, Loader)
    return {} if found is None else found


class _Plain:
    """Values as JSON has them, up to so many."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def mapping(self, found: Any, depth: int) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise ValueError("it names nothing")
        return {_name(key): self.value(each, depth + 1) for key, each in found.items()}

    def value(self, found: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise ValueError("it tells too much")
        if isinstance(found, dict):
            return self.mapping(found, depth)
        if isinstance(found, list | tuple | set):
            return [self.value(each, depth + 1) for each in found]
        return _scalar(found)


def _name(key: Any) -> str:
    return str(_scalar(key))


def _scalar(found: Any) -> Any:
    """PostgreSQL keeps no NUL, and JSON neither infinity nor bytes."""
    if found is None or isinstance(found, bool):
        return found
    if isinstance(found, int) and abs(found) <= _EXACT:
        return found
    if isinstance(found, float) and isfinite(found):
        return found
    if isinstance(found, date | time):
        return found.isoformat()
    if isinstance(found, bytes):
        raise ValueError("it holds bytes")
    return str(found).replace("\x00", "").encode(errors="replace").decode()
