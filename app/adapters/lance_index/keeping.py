"""Keeping the table small and fast: LanceDB adds files and versions, and never tidies by itself."""

import asyncio
import math
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, TypeAlias

from loguru import logger

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.opening import Opened, remote
from app.adapters.lance_index.readers import Readers
from app.domain.index_state import IndexState

#: Writes after which it is tidied: each is a small file and a version.
UNTIDY_WRITES = 20
#: New rows are found at once, but by reading each: with 10,000 of them it takes 0.12 s.
UNTIDY_ROWS, MOST_UNTIDY_ROWS = 500, 5_000
#: Of a large table that part: tidying it takes longer, too.
UNTIDY_SHARE = 0.01
#: Below a million rows all of them are written anew each time, 300 MB of 100,000 rows. It rests so
#: many times as long as that took, for the disk's sake.
REST = 4.0
#: Versions of the table are kept so long where it is not known who reads them.
KEPT_VERSIONS = timedelta(minutes=2)
#: Where it is, all are kept at first, and then none.
ALL, NONE = timedelta(days=36_500), timedelta(milliseconds=1)  # of 0 LanceDB warns
#: So long it waits for those who read.
READ_WITHIN = 1.0  # seconds
#: A write that was cut short may still be at work in LanceDB's own threads, for less than this.
CUT_SHORT = 60.0  # seconds
#: So long the end waits for a bucket: what is cut short there is as a kill leaves it, and whole.
PATIENCE = 10.0  # seconds
#: In the words of an error that another write is the cause of.
PREEMPTED = "Retryable commit conflict"
TRIES = 5
#: Vectors below which reading all of them is as fast as an index, and exact.
PAYS = 50_000
#: Tidying puts new vectors into the parts that an index has, whatever they are like: of so many
#: times the vectors it is made anew.
OUTGROWN = 4
#: In the name of an index, before the number of vectors that it was made of.
_OF = "_of_"

#: The table as it is open now.
Found: TypeAlias = Callable[[], Any]


class Keeper:
    """`uri`: where the tables are. A folder is ours alone, and who takes `writing` waits for us. In
    a bucket others write as well, and tidying goes on beside them, which LanceDB settles. Who asks
    for something to be done to the table tells how to come by it: it may be opened anew meanwhile,
    by `tidied`, which is called behind each tidying while no other is under way."""

    def __init__(
        self,
        uri: str,
        writing: asyncio.Lock | None = None,
        tidied: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._uri, self._writing = uri, writing or asyncio.Lock()
        self._tidied = tidied
        #: What they read of a table on a disk is kept for them.
        self.readers = Readers()
        self._cut_at = -math.inf
        self._writes = self._rows = 0
        self._most_rows = UNTIDY_ROWS
        self._tidying: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()
        self._closing = asyncio.Event()

    def written(self, table: Found, number: int) -> None:
        """So many rows came; what has become untidy is tidied behind."""
        self._writes, self._rows = self._writes + 1, self._rows + number
        if self._closing.is_set():
            return
        if self._untidy() and (self._tidying is None or self._tidying.done()):
            self._tidying = asyncio.create_task(self._tidy_soon(table))

    async def tidy(self, table: Found) -> None:
        async with self._one:
            writes, new = self._writes, self._rows
            await (self._tidy_shared if remote(self._uri) else self._tidy_own)(table())
            self._writes, self._rows = self._writes - writes, self._rows - new
            share = int(UNTIDY_SHARE * await table().count_rows())
            self._most_rows = min(max(UNTIDY_ROWS, share), MOST_UNTIDY_ROWS)
            if self._tidied is not None:
                await self._tidied()

    def cut_short(self) -> None:
        """A write, by who waited for it."""
        self._cut_at = monotonic()

    async def build(self, table: Found) -> None:
        async with self._one:
            for column in rows.VECTORS:
                await _build_vectors(table(), column)
            for column in ("text", "title"):
                await table().create_index(column, config=rows.full_text(), replace=True)
        await self.tidy(table)

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
        """Nothing is tidied any more. On a disk that is waited for: LanceDB works in threads of its
        own, and would go on."""
        self._closing.set()
        if self._tidying is None:
            return
        await asyncio.wait({self._tidying}, timeout=PATIENCE if remote(self._uri) else None)
        if self._tidying.cancel():
            logger.warning("the index is left half tidied: the bucket does not answer")
            await asyncio.wait({self._tidying})

    async def _tidy_shared(self, table: Any) -> None:
        """Others may read and write there: what is replaced goes by its age. A write that comes in
        between is right, and LanceDB leaves it to us to begin again."""
        for _ in range(TRIES - 1):
            try:
                await table.optimize(cleanup_older_than=KEPT_VERSIONS)
                return
            except RuntimeError as error:
                if PREEMPTED not in str(error):
                    raise
        async with self._writing:
            await table.optimize(cleanup_older_than=KEPT_VERSIONS)

    async def _tidy_own(self, table: Any) -> None:
        """Writes wait, two seconds for 100,000 rows, and what is replaced goes at once: the copies
        of two minutes were fourteen times what there was, in a table that is written to all day.
        It goes by its age where somebody reads on and on."""
        async with self._writing:
            unread = await _compacted(table) and await self.readers.done(READ_WITHIN)
            kept = NONE if unread else KEPT_VERSIONS
            await table.optimize(cleanup_older_than=kept, delete_unverified=self._nothing_runs())

    def _nothing_runs(self) -> bool:
        """What is cut short leaves files that no version names. LanceDB keeps them for a week, as
        they might be of a write under way."""
        return monotonic() - self._cut_at > CUT_SHORT

    async def _tidy_soon(self, table: Found) -> None:
        try:
            while self._untidy() and not self._closing.is_set():
                began = monotonic()
                await self.tidy(table)
                await self._rest(REST * (monotonic() - began))
        except Exception as error:  # all is written and found; the next write tries again
            logger.warning("the index could not be tidied: {}", error)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _untidy(self) -> bool:
        return self._writes >= UNTIDY_WRITES or self._rows >= self._most_rows

    async def _bytes(self, live: int) -> int:
        return live if remote(self._uri) else await asyncio.to_thread(_size, self._uri)


async def _compacted(table: Any) -> bool:
    """Rows that indexes know are joined with such only: what is new comes to them the second time.
    Whether nothing is left to be joined, so that a last call replaces nothing that is read."""
    for _ in range(TRIES):
        before = await table.version()
        await table.optimize(cleanup_older_than=ALL)
        if await table.version() == before:
            return True
    return False


async def grown(table: Any) -> bool:
    """Whether vectors have come to be so many that an index pays, or another one. Only where there
    are rows enough they are counted: LanceDB reads all of them for that."""
    made_of, number = await _made_of(table), await table.count_rows()
    for column in rows.VECTORS:
        enough = OUTGROWN * made_of[column] if column in made_of else PAYS
        if number >= enough and await _vectors(table, column) >= enough:
            return True
    return False


async def _build_vectors(table: Any, column: str) -> None:
    """Exact distances within the parts that are read: scores stay what they are without it."""
    from lancedb.index import IvfFlat

    number, before = await _vectors(table, column), (await _vector_indexes(table)).get(column, [])
    name = f"{column}{_OF}{number}"
    if number >= PAYS:
        # parts of LanceDB's own size, some thousand vectors: tidying joins smaller ones again
        config = IvfFlat(distance_type="cosine")
        await table.create_index(column, config=config, replace=True, name=name)
    for old in before:
        if old != name or number < PAYS:
            await table.drop_index(old)


async def _made_of(table: Any) -> dict[str, int]:
    """How many vectors each index was made of: its name tells, for LanceDB does not."""
    found = await _vector_indexes(table)
    return {column: max(map(_number, names)) for column, names in found.items()}


def _number(name: str) -> int:
    """An index with another name was made when that began to pay."""
    number = name.rpartition(_OF)[2]
    return int(number) if number.isdecimal() else PAYS


async def _vectors(table: Any, column: str) -> int:
    return int(await table.count_rows(f"{column} IS NOT NULL"))  # no value of anybody's is in it


async def _vector_indexes(table: Any) -> dict[str, list[str]]:
    """Their names, of each column that has one; two where the older was not dropped any more."""
    found = [(index.columns[0], index.name) for index in await table.list_indices()]
    names = {column: [name for of, name in found if of == column] for column in rows.VECTORS}
    return {column: here for column, here in names.items() if here}


def _size(folder: str) -> int:
    """Files and folders that vanish meanwhile count for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(place, name).lstat().st_size
    return total
