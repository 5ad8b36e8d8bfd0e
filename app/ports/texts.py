"""Texts, read: what their readers see, and what stands in front of it."""

from collections.abc import Mapping
from typing import Any, Protocol

from app.domain.writing.document import Document
from app.domain.writing.formats import TextFormat
from app.domain.writing.front_matter import FrontMatter


class FrontMatterReader(Protocol):
    async def read(self, front: FrontMatter) -> Mapping[str, Any]:
        """What it tells, in JSON's own types; dates as ISO 8601 writes them.

        Raises MediaUnreadable, with the place, when it cannot be read, or tells too much.
        """
        ...


class PageReader(Protocol):
    def read(self, text: str, text_format: TextFormat) -> Document:
        """Its headings and passages; every text is one. For a thread: a long one takes seconds.

        Raises MediaTooLarge when it has more passages than a text may have.
        """
        ...
