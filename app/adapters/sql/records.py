"""The table of records behind the `RecordStore` port."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

from sqlalchemy import Select, delete, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import known
from app.adapters.sql.database import Database
from app.adapters.sql.record_tables import RecordRow
from app.domain.media_types import MediaType
from app.domain.records import Record
from app.domain.search import Moment

#: Records in one transaction: others who write wait for it.
AT_ONCE = 500
#: Of those, records that are made ready in one go: that takes 0.1 ms each, and all else waits.
A_TURN = 50
#: Of a moment, what has a column of its own, or none.
APART = {"moment_id", "created_at", "visual", "record", "times"}
TOLD = [field.name for field in fields(Moment) if field.name not in APART]


class SqlRecordStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, records: Sequence[Record]) -> Sequence[Record]:
        """A few hundred at a time: each is whole or not there, and to put them again is safe."""
        latest = list({record.moment.moment_id: record for record in records}.values())
        kept: list[Record] = []
        for part in _parts(latest):
            kept += await self._database.write(partial(_put, records=part))
        return kept

    async def remove(self, moment_ids: Sequence[str]) -> int:
        parts = _parts(list(moment_ids))
        return sum([await self._database.write(partial(_remove, ids=part)) for part in parts])

    async def get(self, moment_ids: Sequence[str]) -> Sequence[Record]:
        parts = _parts(list(moment_ids))
        found = [await self._database.read(partial(_get, ids=part)) for part in parts]
        return [record for part in found for record in part]

    async def unindexed(self, generation: str, limit: int) -> Sequence[Record]:
        return await self._database.read(lambda session: _unindexed(session, generation, limit))

    async def mark_indexed(self, records: Sequence[Record], generation: str) -> None:
        for part in _parts(list(records)):
            await self._database.write(partial(_mark, records=part, generation=generation))

    async def marks(self, moment_ids: Sequence[str]) -> Mapping[str, str | None]:
        parts = _parts(list(moment_ids))
        found = [await self._database.read(partial(_marks, ids=part)) for part in parts]
        return {moment_id: mark for part in found for moment_id, mark in part.items()}

    async def marked(self, generation: str, limit: int, *, after: str = "") -> Sequence[str]:
        marked = RecordRow.indexed_in == generation, RecordRow.moment_id > after
        query = select(RecordRow.moment_id).where(*marked).order_by(RecordRow.moment_id)
        return await self._database.read(partial(_all, query=query.limit(limit)))

    async def unmark(self, moment_ids: Sequence[str]) -> None:
        for part in _parts(list(moment_ids)):
            await self._database.write(partial(_unmark, ids=part))

    async def count(self, generation: str | None = None) -> int:
        query = select(func.count()).select_from(RecordRow)
        if generation is not None:
            query = query.where(RecordRow.indexed_in == generation)
        return await self._database.read(partial(_number, query=query))


def _parts(whole: Sequence[Any]) -> Iterator[Any]:
    for first in range(0, len(whole), AT_ONCE):
        yield whole[first : first + AT_ONCE]


async def _put(session: AsyncSession, records: Sequence[Record]) -> list[Record]:
    ids = [record.moment.moment_id for record in records]
    query = select(RecordRow.moment_id, RecordRow.revision).where(RecordRow.moment_id.in_(ids))
    before = {moment_id: revision for moment_id, revision in await session.execute(query)}
    await session.execute(delete(RecordRow).where(RecordRow.moment_id.in_(ids)))
    kept = [replace(r, revision=before.get(r.moment.moment_id, 0) + 1) for r in records]
    for first in range(0, len(kept), A_TURN):
        part = kept[first : first + A_TURN]
        await session.execute(insert(RecordRow), [_row(record) for record in part])
    return kept


async def _remove(session: AsyncSession, ids: Sequence[str]) -> int:
    here = RecordRow.moment_id.in_(ids)
    number = await session.scalar(select(func.count()).select_from(RecordRow).where(here))
    await session.execute(delete(RecordRow).where(here))
    return number or 0


async def _get(session: AsyncSession, ids: Sequence[str]) -> list[Record]:
    rows = await session.scalars(select(RecordRow).where(RecordRow.moment_id.in_(ids)))
    return [_record(row) for row in rows]


async def _unindexed(session: AsyncSession, generation: str, limit: int) -> Sequence[Record]:
    """By ranges, which the index of that column serves: there may be a million of others."""
    mark = RecordRow.indexed_in
    other = or_(mark.is_(None), mark < generation, mark > generation)
    rows = await session.scalars(select(RecordRow).where(other).limit(limit))
    return [_record(row) for row in rows]


async def _mark(session: AsyncSession, records: Sequence[Record], generation: str) -> None:
    """Over a newer revision an older one was written: then its mark goes."""
    by_revision: dict[int, list[str]] = {}
    for record in records:
        by_revision.setdefault(record.revision, []).append(record.moment.moment_id)
    for revision, ids in by_revision.items():
        here, same = RecordRow.moment_id.in_(ids), RecordRow.revision == revision
        await session.execute(update(RecordRow).where(here, same).values(indexed_in=generation))
        await session.execute(update(RecordRow).where(here, not_(same)).values(indexed_in=None))


async def _marks(session: AsyncSession, ids: Sequence[str]) -> dict[str, str | None]:
    query = select(RecordRow.moment_id, RecordRow.indexed_in).where(RecordRow.moment_id.in_(ids))
    return {moment_id: mark for moment_id, mark in await session.execute(query)}


async def _unmark(session: AsyncSession, ids: Sequence[str]) -> None:
    here = RecordRow.moment_id.in_(ids)
    await session.execute(update(RecordRow).where(here).values(indexed_in=None))


async def _all(session: AsyncSession, query: Select[str]) -> Sequence[str]:
    return (await session.scalars(query)).all()


async def _number(session: AsyncSession, query: Select[int]) -> int:
    return await session.scalar(query) or 0


def _row(record: Record) -> dict[str, Any]:
    moment = record.moment
    told = {name: getattr(moment, name) for name in TOLD}
    return {
        "moment_id": moment.moment_id,
        "indexed_in": None,
        "revision": record.revision,
        "created_at": moment.created_at,
        "model": record.model,
        "moment": {**told, "media_type": moment.media_type.value, "labels": list(moment.labels)},
        "vector": _packed(record.vector),
        "visual": _packed(moment.visual),
    }


def _record(row: RecordRow) -> Record:
    told = known(Moment, row.moment)
    kinds = {"media_type": MediaType(told["media_type"]), "labels": tuple(told["labels"])}
    moment = Moment(
        **{**told, **kinds},
        moment_id=row.moment_id,
        created_at=row.created_at,
        visual=_unpacked(row.visual),
        record=True,
    )
    vector = _unpacked(row.vector)
    return Record(moment=moment, vector=vector, model=row.model, revision=row.revision)


def _packed(vector: Sequence[float] | None) -> bytes | None:
    return None if vector is None else array("f", vector).tobytes()


def _unpacked(data: bytes | None) -> "array[float] | None":
    return None if data is None else array("f", data)
