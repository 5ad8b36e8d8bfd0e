"""Records that are put into the index by themselves: kept first, so that none is ever lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.errors import InvalidRequest, SpoolError
from app.domain.records import MAX_RECORDS, Record
from app.ports import Embedder, RecordIndex, RecordStore, Vector
from app.services.byte_budget import ByteBudget

#: Of bodies that come in; they are read one at a time, which takes as much again.
MOST_BYTES = 256 * 1024 * 1024
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
    #: Of moments that could not be taken out of the index at their time. One for all, too.
    late: set[str] = field(default_factory=set)
    #: Bodies are large.
    bodies: ByteBudget = field(default_factory=lambda: ByteBudget(MOST_BYTES))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add(self, records: Sequence[Record], removed: Sequence[str]) -> Added:
        """Found when this returns. Cut short, what is kept is indexed later.

        Raises InvalidRequest on too many, or a vector of another length; then nothing is done.
        """
        index = await self.index()
        self._check(records, removed, index)
        named = [replace(r, model=self.model) if r.vector is not None else r for r in records]
        async with self.writing:
            kept = await self.store.put(named)
            reached("records.put")
            await self._write(kept, index)
            gone = await self.store.remove(removed)
            reached("records.removed")
            await self._remove(removed, index)
        bare = sum(r.vector is None and bool(r.moment.text) for r in kept)
        return Added(added=len(kept), removed=gone, without_vector=bare)

    async def level(self) -> int:
        """Index what this generation lacks, with vectors; returns how many. Never raises."""
        number = 0
        refused: set[str] = set()
        try:
            index = await self.index()
            await self._remove_late(index)
            while page := await self._page(index, refused):
                number += await self._indexed(page, index, refused)
        except SpoolError as error:
            logger.error("records are not level with the database: {}", error.message)
        return number

    async def prune(self) -> None:
        """Take out of the index what is no longer kept, and unmark what it has lost."""
        index = await self.index()
        stale = whole = 0
        async for page in index.records():
            async with self.writing:
                marks = await self.store.marks(page)
                gone = [moment_id for moment_id in page if moment_id not in marks]
                if gone:
                    await index.remove(gone)
            stale += len(gone)
            whole += sum(mark == index.generation for mark in marks.values())
        if stale:
            logger.info("{} records that are gone are taken out of the index", stale)
        if whole < await self.store.count(index.generation):
            await self._unmark_lost(index)

    async def _unmark_lost(self, index: RecordIndex) -> None:
        """LanceDB does not fsync: with the power, rows go that are marked as indexed."""
        number, after = 0, ""
        while page := await self.store.marked(index.generation, PAGE, after=after):
            after = page[-1]
            async with self.writing:
                lost = await index.lacking(page)
                await self.store.unmark(lost)
            number += len(lost)
        if number:
            logger.warning("the index has lost {} records: they are indexed again", number)

    async def _remove(self, moment_ids: Sequence[str], index: RecordIndex) -> None:
        """When that fails, it is tried again at the next look."""
        self.late.update(moment_ids)
        await index.remove(moment_ids)
        self.late.difference_update(moment_ids)

    async def _remove_late(self, index: RecordIndex) -> None:
        async with self.writing:
            again = await self.store.marks(sorted(self.late))
            self.late.difference_update(again)
            if self.late:
                await self._remove(sorted(self.late), index)

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
            return record if made_here is None else replace(record, vector=made_here)

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
        reached("records.written")
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
