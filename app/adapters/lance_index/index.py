"""The search index on LanceDB: one table, vectors and full text, one writer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.finding import find
from app.adapters.lance_index.keeping import Keeper, grown
from app.adapters.lance_index.opening import (
    Opened,
    drop,
    listed,
    load,
    open_index,
    outgrown,
    refresh,
    remote,
    reopened,
)
from app.domain.errors import SpoolError, StillLoading, StorageError
from app.domain.index_state import IndexState
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Vector

#: Ids in one expression, and in a page of them.
AT_ONCE = 1000
#: In the words of an error about a file that was dropped.
MISSING = "not found"


class LanceIndex:
    """Implements `ports.VectorIndex`. `uri`: a folder, or an object store such as `s3://…`.

    An index that cannot be read is moved aside: then the table is empty and its `generation` a new
    one, and its owner has to fill it from the database. So it is at the very first start. One that
    was made by another model answers by keyword until that is done. LanceDB does not fsync:
    whatever is here can be lost with the power.
    """

    def __init__(
        self,
        uri: str,
        *,
        dimensions: int,
        model: str,
        visual_dimensions: int = rows.VISUAL_DIMENSIONS,
        visual_model: str = rows.VISUAL_MODEL,
        options: Mapping[str, str] | None = None,
        begins: Callable[[], bool] = lambda: True,
    ) -> None:
        """`options`: how an object store is reached, by the names of object_store. `begins`:
        whether this one may begin tables there, and drop them."""
        self.ready = False
        self._uri, self._options, self._begins = uri, options, begins
        self.dimensions = dimensions
        self.visual_dimensions = visual_dimensions
        self._model, self._visual_model = model, visual_model
        self._opened: Opened | None = None
        self._tried = asyncio.Event()
        self._writer = asyncio.Lock()
        self._keeper = Keeper(uri, self._writer, self._forget)

    async def open(self) -> None:
        """Import LanceDB (seconds, in a thread) and open the table. Raises StorageError."""
        try:
            with _translated("could not be opened"):
                wanted = await asyncio.to_thread(self._wanted)
                self._opened = await open_index(
                    self._uri, wanted, self._options, begins=self._begins()
                )
            self._schema = wanted
            self.ready = True
        finally:
            self._tried.set()

    @property
    def generation(self) -> str:
        """Raises Unavailable before the index is open."""
        return self._open().generation

    @property
    def renewing(self) -> bool:
        return self._opened is not None and self._opened.before is not None

    async def aclose(self) -> None:
        await self._keeper.aclose()  # first: tidying may hold up the writers
        async with self._writer:
            opened, self._opened, self.ready = self._opened, None, False
        if opened is not None:
            opened.close()

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        async with self._writing(len(moments)) as opened:
            await self._merge(opened, moments, vectors)

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        """The new ones first: cut short in between, it is done again and leaves none too many."""
        stamp = uuid4().hex
        async with self._writing(len(moments)) as opened:
            if moments:
                await self._merge(opened, moments, vectors, stamp)
            delete = _delete_any if moments else _delete
            await delete(opened, rows.older(asset_id, stamp))

    async def delete_asset(self, asset_id: str) -> None:
        await self.delete_assets([asset_id])

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        for part in _parts(asset_ids):
            async with self._writing() as opened:
                await _delete(opened, rows.made_from_any(part))

    async def remove(self, moment_ids: Sequence[str]) -> None:
        for part in _parts(moment_ids):
            async with self._writing() as opened:
                await _delete(opened, rows.among(part))

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        with self._reading("could not be read"):
            query = self._table().query().where(rows.made_from(asset_id))
            found = await query.select(["text", "vector"]).to_list()
            return {row["text"]: row["vector"] for row in found if row["vector"] is not None}

    async def assets(self) -> set[str]:
        with self._reading("could not be read"):
            query = self._table().query().where(rows.of_records(False)).select(["asset_id"])
            found = set()
            async for batch in await query.to_batches():
                found.update(batch.column("asset_id").unique().to_pylist())
            return found

    async def records(self) -> AsyncIterator[Sequence[str]]:
        with self._reading("could not be read"):
            query = self._table().query().where(rows.of_records(True)).select(["moment_id"])
            found = (await query.to_arrow()).column("moment_id")
        for first in range(0, len(found), AT_ONCE):  # who takes them may write, too
            yield found.slice(first, AT_ONCE).to_pylist()

    async def lacking(self, moment_ids: Sequence[str]) -> Sequence[str]:
        there: set[str] = set()
        with self._reading("could not be read"):
            for part in _parts(moment_ids):
                query = self._table().query().where(rows.among(part)).select(["moment_id"])
                there.update((await query.to_arrow()).column("moment_id").to_pylist())
        return [moment_id for moment_id in moment_ids if rows.storable(moment_id) not in there]

    async def count(self) -> int:
        """Rows in the table. Raises Unavailable before the index is open."""
        with self._reading("could not be counted"):
            return int(await self._table().count_rows())

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        """Raises Unavailable before the index is open. An earlier table is searched by words."""
        with self._reading("could not be searched"):
            opened = await self._current()
            try:
                return await find(opened, query, vector)
            except Exception as error:
                if self._open() is opened and MISSING not in str(error).lower():
                    raise
            await refresh(opened := await self._current())  # what it read went meanwhile
            return await find(opened, query, vector)

    async def renewed(self) -> None:
        """All is in the table that is written to: the one of the earlier model goes."""
        async with self._writer:
            opened = self._open()
            if opened.before is not None:
                before, self._opened = opened.before, replace(opened, before=None)
                await drop(opened.connection, before.name)

    async def state(self) -> IndexState:
        """Raises Unavailable before the index is open."""
        with self._reading("could not be measured"):
            return await self._keeper.state(self._open())

    async def tidy(self) -> None:
        """Compact files, bring the indexes up to date, drop old versions."""
        with _translated("could not be tidied"):
            await self._keeper.tidy(self._table)

    async def grown(self) -> bool:
        """Whether `build` would make searches faster."""
        with self._reading("could not be measured"):
            return await grown(self._table())

    async def settled(self) -> None:
        """Once nothing is being tidied behind."""
        await self._keeper.settled()

    async def build(self) -> None:
        """The indexes anew: vectors where that pays, words always; then tidy. May take minutes."""
        with _translated("could not be built"):
            await self._keeper.build(self._table)

    def _wanted(self) -> Any:
        load()
        return rows.schema(self.dimensions, self._model, self.visual_dimensions, self._visual_model)

    async def _forget(self) -> None:
        """What is in memory of versions and indexes that are over."""
        if self._opened is None or not await outgrown(self._opened):
            return
        async with self._writer:  # it may have been closed, or renewed, since
            if self._opened is not None:
                self._opened = await reopened(self._opened, self._uri, self._options)

    def _table(self) -> Any:
        return self._open().table

    def _open(self) -> Opened:
        if self._opened is None:
            raise StillLoading("the search index is still loading")
        return self._opened

    async def _current(self) -> Opened:
        """The tables; of an earlier model only as long as no other instance has dropped it."""
        opened = self._open()
        if opened.before is not None and remote(self._uri):
            if opened.before.name not in await listed(opened.connection):
                self._opened = replace(self._open(), before=None)
        return self._open()

    @contextmanager
    def _reading(self, failure: str) -> Iterator[None]:
        with _translated(failure), self._keeper.readers.reading():
            yield

    @asynccontextmanager
    async def _writing(self, number: int = 0) -> AsyncIterator[Opened]:
        """The tables, for one writer at a time. Waits for `open`."""
        await self._tried.wait()
        async with self._writer:
            with _translated("could not be written"):
                opened = await self._current()
                try:
                    yield opened
                except asyncio.CancelledError:
                    self._keeper.cut_short()
                    raise
            self._keeper.written(self._table, number)

    async def _merge(
        self,
        opened: Opened,
        moments: Sequence[Moment],
        vectors: Sequence[Vector | None],
        stamp: str = "",
    ) -> None:
        """Add or replace by id; where an earlier model's table serves, its words are kept right."""
        batch = await asyncio.to_thread(rows.rows, moments, vectors, self._schema, stamp)
        await _put(opened.table, batch)
        if opened.before is not None:
            plain = await asyncio.to_thread(
                rows.rows, moments, [None] * len(moments), opened.before.schema, stamp
            )
            await _put(opened.before.table, plain)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]


async def _put(table: Any, batch: Any) -> None:
    merge = table.merge_insert("moment_id")
    merge = merge.when_matched_update_all().when_not_matched_insert_all()
    # "null" lets vectors be absent; a wrong length does not come this far.
    await merge.execute(batch, on_bad_vectors="null")


async def _delete(opened: Opened, condition: Any) -> None:
    await opened.table.delete(condition)
    if opened.before is not None:
        await opened.before.table.delete(condition)


async def _delete_any(opened: Opened, condition: Any) -> None:
    """Right after a merge, which has brought the tables up to date: a look is cheaper than a write,
    and of what is new there is nothing to delete."""
    for table in (each.table for each in (opened, opened.before) if each is not None):
        found = await table.query().where(condition).select(["moment_id"]).limit(1).to_list()
        if found:
            await table.delete(condition)


@contextmanager
def _translated(failure: str) -> Iterator[None]:
    """LanceDB raises RuntimeError, ValueError, OSError and Arrow's own errors for the same."""
    try:
        yield
    except SpoolError:
        raise
    except Exception as error:
        raise StorageError(f"the search index {failure}: {error}") from error
