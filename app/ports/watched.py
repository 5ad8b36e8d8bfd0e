"""What was taken out of watched folders."""

from collections.abc import Mapping
from typing import Protocol

from app.domain.watched import WatchedFile


class WatchNotes(Protocol):
    """Kept also of files that are gone: a disk that comes back brings nothing new."""

    async def all(self) -> Mapping[str, WatchedFile]:
        """By path."""
        ...

    async def note(self, file: WatchedFile) -> None:
        """Add or replace by path; durable when this returns."""
        ...
