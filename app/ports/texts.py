"""What stands in front of a text, read."""

from collections.abc import Mapping
from typing import Any, Protocol

from app.domain.writing.front_matter import FrontMatter


class FrontMatterReader(Protocol):
    async def read(self, front: FrontMatter) -> Mapping[str, Any]:
        """What it tells, in JSON's own types; dates as ISO 8601 writes them.

        Raises MediaUnreadable, with the place, when it cannot be read, or tells too much.
        """
        ...
