"""The search index on LanceDB: one table, vectors and full text, one writer."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.fusion import Ranked, fuse
from app.adapters.lance_index.opening import Opened, open_index
from app.adapters.lance_index.rankings import rankings
from app.domain.errors import SpoolError, StorageError, Unavailable
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Vector

#: LanceDB adds a small file and a version per write; it never tidies by itself.
UNTIDY_WRITES = 20
#: New rows are found at once, but by reading each: with 10,000 of them it takes 0.12 s.
UNTIDY_ROWS = 500
#: Versions of the table are kept this long, for searches that still read them.
KEPT_VERSIONS = timedelta(minutes=10)


class LanceIndex:
    """Implements `ports.VectorIndex`. `uri`: a folder, or an object store such as `s3://…`.

    An index that cannot be read, or was made by another model, is moved aside: then the table is
    empty and its `generation` a new one, and its owner has to fill it from the database. So it is
    at the very first start. LanceDB does not fsync: whatever is here can be lost with the power.
    """

    def __init__(self, uri: str, *, dimensions: int, model: str) -> None:
        self.ready = False
        self._uri = uri
        self.dimensions = dimensions
        self._model = model
        self._opened: Opened | None = None
        self._tried = asyncio.Event()
        self._writer = asyncio.Lock()
        self._untidy_writes = self._untidy_rows = 0

    async def open(self) -> None:
        """Import LanceDB (seconds, in a thread) and open the table. Raises StorageError."""
        try:
            with _translated("could not be opened"):
                wanted = await asyncio.to_thread(_wanted, self.dimensions, self._model)
                self._opened = await open_index(self._uri, wanted)
            self._schema = wanted
            self.ready = True
        finally:
            self._tried.set()

    @property
    def generation(self) -> str:
        """Raises Unavailable before the index is open."""
        return self._open().generation

    async def aclose(self) -> None:
        async with self._writer:
            opened, self._opened, self.ready = self._opened, None, False
            if opened is not None:
                opened.close()

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        async with self._writing() as table:
            await self._merge(table, moments, vectors)

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        async with self._writing() as table:
            if moments:
                await self._merge(table, moments, vectors, rows.of_asset(asset_id))
            else:
                await table.delete(rows.of_asset(asset_id))

    async def delete_asset(self, asset_id: str) -> None:
        async with self._writing() as table:
            await table.delete(rows.of_asset(asset_id))

    async def assets(self) -> set[str]:
        with _translated("could not be read"):
            found = set()
            async for batch in await self._table().query().select(["asset_id"]).to_batches():
                found.update(batch.column("asset_id").unique().to_pylist())
            return found

    async def count(self) -> int:
        """Rows in the table. Raises Unavailable before the index is open."""
        with _translated("could not be counted"):
            return int(await self._table().count_rows())

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        """Raises Unavailable before the index is open."""
        with _translated("could not be searched"):
            ranked = fuse(await rankings(self._table(), query, vector))
            return await self._hits(ranked[query.offset : query.offset + query.limit])

    def _table(self) -> Any:
        return self._open().table

    def _open(self) -> Opened:
        if self._opened is None:
            raise Unavailable("the search index is still loading")
        return self._opened

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Any]:
        """The table, for one writer at a time. Waits for `open`."""
        await self._tried.wait()
        async with self._writer:
            with _translated("could not be written"):
                table = self._table()
                yield table
            self._untidy_writes += 1
            if self._untidy_writes >= UNTIDY_WRITES or self._untidy_rows >= UNTIDY_ROWS:
                with suppress(Exception):  # the write is done; the next one tries again
                    await self._tidy(table)

    async def _tidy(self, table: Any) -> None:
        """Compact files, bring the indexes up to date, drop old versions."""
        await table.optimize(cleanup_older_than=KEPT_VERSIONS)
        self._untidy_writes = self._untidy_rows = 0

    async def _merge(
        self,
        table: Any,
        moments: Sequence[Moment],
        vectors: Sequence[Vector | None],
        stale: Any | None = None,
    ) -> None:
        """Add or replace by id; where `stale` holds, drop what is not among `moments`."""
        batch = await asyncio.to_thread(rows.rows, moments, vectors, self._schema)
        merge = table.merge_insert("moment_id")
        merge = merge.when_matched_update_all().when_not_matched_insert_all()
        if stale is not None:
            merge = merge.when_not_matched_by_source_delete(stale)
        # "null" lets vectors be absent; a wrong length does not come this far.
        await merge.execute(batch, on_bad_vectors="null")
        self._untidy_rows += batch.num_rows

    async def _hits(self, page: Sequence[Ranked]) -> list[SearchHit]:
        """A moment that went away since it was ranked is left out."""
        if not page:
            return []
        from lancedb.expr import col, lit

        chosen = col("moment_id").isin([lit(ranked.moment_id) for ranked in page])
        search = self._table().query().where(chosen).select(rows.SHOWN)
        found = await search.limit(len(page)).to_list()
        by_id = {row["moment_id"]: row for row in found}
        return [rows.hit(by_id[r.moment_id], r) for r in page if r.moment_id in by_id]


def _wanted(dimensions: int, model: str) -> Any:
    import lancedb  # noqa: F401 - slow, so it is imported here, in a thread

    return rows.schema(dimensions, model)


@contextmanager
def _translated(failure: str) -> Iterator[None]:
    """LanceDB raises RuntimeError, ValueError, OSError and Arrow's own errors for the same."""
    try:
        yield
    except SpoolError:
        raise
    except Exception as error:
        raise StorageError(f"the search index {failure}: {error}") from error
