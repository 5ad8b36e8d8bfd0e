"""What was added to the index by itself: kept, so that the index can be made anew from it."""

from collections.abc import Sequence
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

    async def ids(self) -> set[str]:
        """Of their moments."""
        ...

    async def count(self) -> int: ...
