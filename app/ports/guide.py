"""The guide that comes with the program."""

from collections.abc import Mapping
from typing import Protocol

from app.domain.guide import GuidePage


class GuideReader(Protocol):
    """For a thread: each call reads files."""

    def titles(self) -> Mapping[str, str]:
        """Of all pages by name, in the order in which they are to be read, the home first."""
        ...

    def page(self, name: str) -> GuidePage | None:
        """None where there is no page of this name."""
        ...

    def picture(self, name: str) -> bytes | None:
        """SVG or PNG, by the name of its file; None where there is none of this name."""
        ...
