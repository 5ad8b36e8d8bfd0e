"""Is the index level with the database? Of a service that has been stopped, row by row."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lancedb

from app.adapters.embedders.slot import MINILM_DIMENSIONS
from app.adapters.lance_index import schema
from app.adapters.lance_index.index import LanceIndex
from app.adapters.lance_index.opening import NAMES, location
from app.adapters.markdown_texts import MarkdownTexts
from app.adapters.sql.assets import SqlAssetStore
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.records import SqlRecordStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.bootstrap.finding import MINILM
from app.domain.assets import Asset
from app.domain.jobs import JobStatus
from app.domain.search import Moment
from app.pipeline.moments import moments_of

#: What only the index knows: made anew by each write.
OWN = ("vector", "stamp")
#: Differences that are told in full; many have one cause.
TOLD = 20

Row = dict[str, Any]


@dataclass
class Books:
    """All moments that the database stands for, as rows, by their id."""

    rows: dict[str, Row] = field(default_factory=dict)
    #: Of those, the ones that were written whole: they must have a vector.
    whole: set[str] = field(default_factory=set)
    #: Assets of jobs that came to nothing, which nobody has looked at since: these may be there.
    open: set[str] = field(default_factory=set)

    def add(self, moments: Sequence[Moment], *, whole: bool) -> None:
        here = as_rows(moments)
        self.rows |= here
        self.whole |= {moment_id for moment_id in here if whole}


def index_differs(data: Path) -> list[str]:
    """Every word and every place in the index is what the database makes of it, and all is there:
    speech, pictures, key-frames, texts and records."""
    return asyncio.run(_differs(data))


async def _differs(data: Path) -> list[str]:
    generation = await _generation(data / "index")
    async with Database(f"sqlite:///{data / 'spool.db'}") as database:
        books = await _books(database, generation)
    kept = [row async for row in _kept(data / "index")]
    here = [row for row in kept if row["record"] or row["asset_id"] not in books.open]
    wrong = [*_twice(here), *_strange(here, books), *_changed(here, books), *_bare(here, books)]
    return wrong[:TOLD] + ([f"and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else [])


def as_rows(moments: Sequence[Moment]) -> dict[str, Row]:
    wanted = schema.schema(MINILM_DIMENSIONS, MINILM)
    made = schema.rows(moments, [None] * len(moments), wanted).to_pylist()
    return {row["moment_id"]: _without_own(row) for row in made}


async def _books(database: Database, generation: str) -> Books:
    books, assets = Books(), SqlAssetStore(database)
    jobs, transcripts = SqlJobStore(database), SqlTranscriptStore(database)
    for asset_id in sorted(await assets.ids()):
        asset = await assets.get(asset_id)
        assert asset is not None
        marked = asset.indexed_in == generation
        if marked or await _is_due(asset, jobs):
            found = moments_of(asset, await transcripts.load(asset.job_id), MarkdownTexts())
            books.add(found, whole=marked)
        else:
            books.open.add(schema.storable(asset_id))
    await _add_records(books, SqlRecordStore(database), generation)
    return books


async def _is_due(asset: Asset, jobs: SqlJobStore) -> bool:
    job = await jobs.get(asset.job_id)
    return job is not None and job.status is JobStatus.COMPLETED


async def _add_records(books: Books, records: SqlRecordStore, generation: str) -> None:
    kept = await records.unindexed("", await records.count())
    behind = await records.unindexed(generation, len(kept) + 1)
    late = {record.moment.moment_id for record in behind}
    for record in kept:
        whole = record.moment.moment_id not in late and bool(record.moment.text)
        books.add([record.moment], whole=whole)


async def _generation(folder: Path) -> str:
    """Opened as the service does: what is torn is begun anew, and lacks everything."""
    index = LanceIndex(str(folder), dimensions=MINILM_DIMENSIONS, model=MINILM)
    await index.open()
    try:
        assert not index.renewing, "there is a table of another model"
        return index.generation
    finally:
        await index.aclose()


async def _kept(folder: Path) -> AsyncIterator[Row]:
    connection = await lancedb.connect_async(location(str(folder)))
    for name in NAMES:
        with suppress(ValueError):  # one of the two is not there
            table = await connection.open_table(name)
            for row in await table.query().to_list():
                yield row


def _twice(here: Iterable[Row]) -> list[str]:
    counted = Counter(row["moment_id"] for row in here)
    return [
        f"{name} is in the index {number} times" for name, number in counted.items() if number > 1
    ]


def _strange(here: Iterable[Row], books: Books) -> list[str]:
    strange = [row for row in here if row["moment_id"] not in books.rows]
    return [
        f"{row['moment_id']} is in the index, and nowhere else: {row['text']!r}" for row in strange
    ]


def _changed(here: Iterable[Row], books: Books) -> list[str]:
    by_id = {row["moment_id"]: _without_own(row) for row in here}
    wrong = [f"{name} is not in the index" for name in books.rows.keys() - by_id.keys()]
    for name in books.rows.keys() & by_id.keys():
        wanted, found = books.rows[name], by_id[name]
        columns = [column for column in wanted if wanted[column] != found[column]]
        told = {column: (found[column], wanted[column]) for column in columns}
        wrong += [f"{name} differs (index, database): {told}"[:500]] if told else []
    return sorted(wrong)


def _bare(here: Iterable[Row], books: Books) -> list[str]:
    bare = [row["moment_id"] for row in here if row["vector"] is None]
    return [
        f"{name} is said to be whole, and has no vector" for name in bare if name in books.whole
    ]


def _without_own(row: Row) -> Row:
    return {column: value for column, value in row.items() if column not in OWN}
