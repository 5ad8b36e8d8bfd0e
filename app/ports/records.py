"""What was added to the index by itself: kept, so that the index can be made anew from it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.records import Record


class RecordStore(Protocol):
    async def put(self, records: Sequence[Record]) -> Sequence[Record]:
        """Add or replace by id; durable when this returns. Answers them with their revisions."""
        ...

    async def remove(self, moment_ids: Sequence[str]) -> int:
        """How many were there."""
        ...

    async def get(self, moment_ids: Sequence[str]) -> Sequence[Record]:
        """Those that are there, in no order."""
        ...

    async def unindexed(self, generation: str, limit: int) -> Sequence[Record]:
        """Those not marked with this generation."""
        ...

    async def mark_indexed(self, records: Sequence[Record], generation: str) -> None:
        """All of these are in the index, with vectors.

        Of those that were put anew, an older revision is what was written: they lose their mark.
        """
        ...

    async def marks(self, moment_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Of those that are there, the generation that they are marked with."""
        ...

    async def marked(self, generation: str, limit: int, *, after: str = "") -> Sequence[str]:
        """Ids of moments that are marked with this generation, in order; those behind `after`."""
        ...

    async def unmark(self, moment_ids: Sequence[str]) -> None:
        """The index lacks these."""
        ...

    async def count(self, generation: str | None = None) -> int:
        """All, or those that are marked with this generation."""
        ...
