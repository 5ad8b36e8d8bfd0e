"""Keeping the table small and fast: LanceDB adds files and versions, and never tidies by itself."""

import asyncio
import math
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.opening import Opened, remote
from app.domain.index_state import IndexState

#: Writes after which it is tidied: each is a small file and a version.
UNTIDY_WRITES = 20
#: New rows are found at once, but by reading each: with 10,000 of them it takes 0.12 s.
UNTIDY_ROWS, MOST_UNTIDY_ROWS = 500, 5_000
#: Of a large table that part: tidying it takes longer, too.
UNTIDY_SHARE = 0.02
#: Versions of the table are kept this long, for searches that still read them.
KEPT_VERSIONS = timedelta(minutes=10)
#: Once all is built anew, what was there before is of twice the size, and for nothing.
KEPT_BY_BUILD = timedelta(minutes=1)
#: Vectors below which reading all of them is as fast as an index, and exact.
PAYS = 50_000
#: Of training: enough for parts of like size, and a quarter of the time of the defaults.
ROUNDS, SAMPLES = 15, 64


class Keeper:
    """`uri`: where the tables are. Tidying goes on beside writes, which LanceDB settles."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._writes = self._rows = 0
        self._most_rows = UNTIDY_ROWS
        self._tidying: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()

    def written(self, table: Any, number: int) -> None:
        """So many rows came; what has become untidy is tidied behind."""
        self._writes, self._rows = self._writes + 1, self._rows + number
        if self._untidy() and (self._tidying is None or self._tidying.done()):
            self._tidying = asyncio.create_task(self._tidy_soon(table))

    async def tidy(self, table: Any, kept: timedelta | None = None) -> None:
        async with self._one:
            writes, new = self._writes, self._rows
            await table.optimize(cleanup_older_than=kept or KEPT_VERSIONS)
            self._writes, self._rows = self._writes - writes, self._rows - new
            share = int(UNTIDY_SHARE * await table.count_rows())
            self._most_rows = min(max(UNTIDY_ROWS, share), MOST_UNTIDY_ROWS)

    async def build(self, table: Any) -> None:
        async with self._one:
            for column in rows.VECTORS:
                await _build_vectors(table, column)
            for column in ("text", "title"):
                await table.create_index(column, config=rows.full_text(), replace=True)
        await self.tidy(table, KEPT_BY_BUILD)

    async def state(self, opened: Opened) -> IndexState:
        stats = await opened.table.stats()
        full_text = await opened.table.index_stats("text_idx")
        return IndexState(
            rows=stats["num_rows"],
            bytes=await self._bytes(stats["total_bytes"]),
            fragments=stats["fragment_stats"]["num_fragments"],
            unindexed=0 if full_text is None else full_text.num_unindexed_rows,
            vector_indexes=tuple(await _vector_indexes(opened.table)),
            generation=opened.generation,
            renewing=opened.before is not None,
        )

    async def settled(self) -> None:
        """Once nothing is being tidied."""
        if self._tidying is not None:
            await asyncio.wait({self._tidying})

    async def aclose(self) -> None:
        await self.settled()  # it cannot be cut short: LanceDB works in threads of its own

    async def _tidy_soon(self, table: Any) -> None:
        with suppress(Exception):  # all is written and found; the next write tries again
            await self.tidy(table)
            while self._untidy():  # by what was written meanwhile
                await self.tidy(table)

    def _untidy(self) -> bool:
        return self._writes >= UNTIDY_WRITES or self._rows >= self._most_rows

    async def _bytes(self, live: int) -> int:
        return live if remote(self._uri) else await asyncio.to_thread(_size, self._uri)


async def grown(table: Any) -> bool:
    """Whether vectors have come to be so many that an index pays."""
    for column in rows.VECTORS:
        if not await _fitting(table, column):
            return True
    return False


async def _build_vectors(table: Any, column: str) -> None:
    """Exact distances within the parts that are read: scores stay what they are without it."""
    from lancedb.index import IvfFlat

    number = await _vectors(table, column)
    if number < PAYS:
        if column in await _vector_indexes(table):
            await table.drop_index(f"{column}_idx")
        return
    config = IvfFlat(
        distance_type="cosine",
        num_partitions=math.isqrt(number),
        max_iterations=ROUNDS,
        sample_rate=SAMPLES,
    )
    await table.create_index(column, config=config, replace=True)


async def _fitting(table: Any, column: str) -> bool:
    return column in await _vector_indexes(table) or await _vectors(table, column) < PAYS


async def _vectors(table: Any, column: str) -> int:
    return int(await table.count_rows(f"{column} IS NOT NULL"))  # no value of anybody's is in it


async def _vector_indexes(table: Any) -> list[str]:
    names = {column for index in await table.list_indices() for column in index.columns}
    return [column for column in rows.VECTORS if column in names]


def _size(folder: str) -> int:
    """Files that vanish meanwhile count for nothing."""
    total = 0
    for file in Path(folder).rglob("*"):
        with suppress(OSError):
            total += file.lstat().st_size
    return total
