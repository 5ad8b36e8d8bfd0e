"""Front matter of texts: YAML by PyYAML, TOML by the standard library."""

import asyncio
import tomllib
from collections.abc import Mapping
from typing import Any

from app.domain.errors import MediaUnreadable
from app.domain.plain_values import PlainValues
from app.domain.writing.front_matter import FrontMatter, Notation


class PlainFrontMatter:
    async def read(self, front: FrontMatter) -> Mapping[str, Any]:
        return await asyncio.to_thread(_read, front)


def _read(front: FrontMatter) -> Mapping[str, Any]:
    """A date like 2024-13-45 and lists without end are no error of the parser's own kind."""
    try:
        told = tomllib.loads(front.content) if _is_toml(front) else _yaml(front.content)
        return PlainValues().mapping(told)
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
