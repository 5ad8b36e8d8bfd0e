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
    #: One for all that write records: what is put last is also written last.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Bodies are large: so many are held in memory at a time.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BODIES))

    async def add(self, records: Sequence[Record], removed: Sequence[str]) -> Added:
        """Found when this returns. Cut short, what is kept is indexed later.

        Raises InvalidRequest on too many, or a vector of another length; then nothing is done.
        """
        index = await self.index()
        self._check(records, removed, index)
        named = [replace(r, model=self.model) if r.vector is not None else r for r in records]
        async with self.writing:
            kept = await self.store.put(named)
            await self._write(kept, index)
            gone = await self.store.remove(removed)
            await index.remove(removed)
        bare = sum(r.vector is None and bool(r.moment.text) for r in kept)
        return Added(added=len(kept), removed=gone, without_vector=bare)

    async def level(self) -> int:
        """Index what this generation lacks, with vectors; returns how many. Never raises."""
        number = 0
        refused: set[str] = set()
        try:
            index = await self.index()
            while page := await self._page(index, refused):
                number += await self._indexed(page, index, refused)
        except SpoolError as error:
            logger.error("records are not level with the database: {}", error.message)
        return number

    async def prune(self) -> None:
        """Take out of the index what is no longer kept."""
        index = await self.index()
        async with self.writing:
            stale = await index.records() - await self.store.ids()
            if stale:
                await index.remove(sorted(stale))
                logger.info("{} records that are gone are taken out of the index", len(stale))

    async def _page(self, index: RecordIndex, refused: set[str]) -> list[Record]:
        """Those that the index refused are still among the unindexed."""
        found = await self.store.unindexed(index.generation, PAGE + len(refused))
        return [record for record in found if record.moment.moment_id not in refused]

    async def _indexed(self, page: Sequence[Record], index: RecordIndex, refused: set[str]) -> int:
        """One that is refused, for whatever it is, keeps no other back."""
        try:
            return await self._level(page, index)
        except InvalidRequest as error:
            if len(page) > 1:
                return sum([await self._indexed([one], index, refused) for one in page])
            refused.add(page[0].moment.moment_id)
            logger.error("the record {} is refused: {}", page[0].moment.moment_id, error.message)
            return 0

    async def _level(self, page: Sequence[Record], index: RecordIndex) -> int:
        """Vectors take their time: what was put anew or removed meanwhile is left alone."""
        whole = await self._embedded(page, index)
        async with self.writing:
            now = {r.moment.moment_id: r for r in await self.store.get(_ids(page))}
            pairs = zip(page, whole, strict=True)
            stands = [made for read, made in pairs if now.get(read.moment.moment_id) == read]
            await self._write(stands, index)
        return len(stands)

    async def _embedded(self, page: Sequence[Record], index: RecordIndex) -> list[Record]:
        """With vectors of the models that serve; what has no text has none but what came."""
        fitting = [self._fitting(record, index) for record in page]
        bare = [r for r in fitting if r.moment.text and r.vector is None]
        made = await self.embedder.embed([record.moment.text for record in bare]) if bare else []
        vectors = dict(zip(_ids(bare), made, strict=True))

        def whole(record: Record) -> Record:
            made_here = vectors.get(record.moment.moment_id)
            return record if made_here is None else replace(record, vector=tuple(made_here))

        return [whole(record) for record in fitting]

    def _fitting(self, record: Record, index: RecordIndex) -> Record:
        """Without the vectors of models that serve no more."""
        vector, visual = record.vector, record.moment.visual
        if vector is not None and (record.model, len(vector)) != (self.model, index.dimensions):
            vector = None
        if visual is not None and len(visual) != index.visual_dimensions:
            visual = None
        moment = replace(record.moment, visual=visual)
        return replace(record, moment=moment, vector=vector, model=self.model)

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


def _ids(records: Sequence[Record]) -> list[str]:
    return [record.moment.moment_id for record in records]
