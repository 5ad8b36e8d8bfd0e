"""Records that are put into the index by themselves: kept first, so that none is ever lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from loguru import logger

from app.domain.errors import InvalidRequest, SpoolError
from app.domain.records import MAX_RECORDS, Record
from app.ports import Embedder, RecordIndex, RecordStore, Vector

BODIES = 3
PAGE = 256  # records whose vectors are made before they are written


@dataclass(frozen=True, kw_only=True)
class Added:
    added: int
    removed: int
    #: Found by keyword already, by meaning once their vectors are made.
    without_vector: int


@dataclass(frozen=True, kw_only=True)
class RecordService:
    store: RecordStore
    #: Waits for the first try to open it; raises Unavailable when that failed.
    index: Callable[[], Awaitable[RecordIndex]]
    embedder: Embedder
    #: Whose vectors are searched.
    model: str
    #: Bodies are large: so many are held in memory at a time.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BODIES))

    async def add(self, records: Sequence[Record], removed: Sequence[str]) -> Added:
        """Found when this returns. Cut short, what is kept is indexed later.

        Raises InvalidRequest on too many, or a vector of another length; then nothing is done.
        """
        index = await self.index()
        self._check(records, removed, index)
        named = [replace(r, model=self.model) if r.vector is not None else r for r in records]
        kept = await self.store.put(named)
        await self._write(kept, index)
        gone = await self.store.remove(removed)
        await index.remove(removed)
        bare = sum(r.vector is None and bool(r.moment.text) for r in kept)
        return Added(added=len(kept), removed=gone, without_vector=bare)

    async def level(self) -> int:
        """Index what this generation lacks, with vectors; returns how many. Never raises."""
        number = 0
        try:
            index = await self.index()
            while page := await self.store.unindexed(index.generation, PAGE):
                await self._write(await self._embedded(page), index)
                number += len(page)
        except SpoolError as error:
            logger.error("records are not level with the database: {}", error.message)
        return number

    async def prune(self) -> None:
        """Take out of the index what is no longer kept."""
        index = await self.index()
        if stale := await index.records() - await self.store.ids():
            await index.remove(sorted(stale))
            logger.info("{} records that are gone are taken out of the index", len(stale))

    async def _embedded(self, page: Sequence[Record]) -> list[Record]:
        """With vectors of the model that serves; what has no text has none."""
        bare = [r for r in page if r.moment.text and (r.vector is None or r.model != self.model)]
        made = await self.embedder.embed([record.moment.text for record in bare]) if bare else []
        vectors = dict(zip((r.moment.moment_id for r in bare), made, strict=True))

        def whole(record: Record) -> Record:
            made_here = vectors.get(record.moment.moment_id)
            vector = record.vector if made_here is None else tuple(made_here)
            return replace(record, vector=vector, model=self.model)

        return [whole(record) for record in page]

    async def _write(self, records: Sequence[Record], index: RecordIndex) -> None:
        """What has all that it can have is marked."""
        if not records:
            return
        generation = index.generation
        vectors: list[Vector | None] = [record.vector for record in records]
        await index.upsert([record.moment for record in records], vectors)
        whole = [r for r in records if r.vector is not None or not r.moment.text]
        await self.store.mark_indexed(whole, generation)

    def _check(self, records: Sequence[Record], removed: Sequence[str], index: RecordIndex) -> None:
        if not 1 <= len(records) + len(removed) <= MAX_RECORDS:
            raise InvalidRequest(f"records: 1 to {MAX_RECORDS} in one call")
        for number, record in enumerate(records):
            for name, vector, length in (
                ("vector", record.vector, index.dimensions),
                ("visual", record.moment.visual, index.visual_dimensions),
            ):
                if vector is not None and len(vector) != length:
                    told = f"has {len(vector)} numbers, the index {length}"
                    raise InvalidRequest(f"records.{number}.{name}: {told}")
