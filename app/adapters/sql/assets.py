"""The assets table behind the `AssetStore` port."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.adapters.sql import asset_edits
from app.adapters.sql.asset_frames import are_frames_of, as_its_video
from app.adapters.sql.asset_lock import locked
from app.adapters.sql.asset_marks import behind, unindexed
from app.adapters.sql.asset_rows import LONG, asset_from_row, row_of
from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.cursor import AssetCursor, decode_asset_cursor
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.tables import JobRow, TranscriptRow, listed
from app.adapters.sql.transitions import held
from app.domain.assets import Asset, AssetChanges, AssetPage, Picture, Still, asset_of
from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict, InvalidRequest
from app.domain.jobs import Job
from app.domain.media_types import MediaType
from app.domain.pictures import Sight

MAX_PAGE = 1000  # assets
PICTURES = (MediaType.IMAGE.value, MediaType.KEYFRAME.value)


class SqlAssetStore:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def settle(self, job: Job, asset: Asset) -> Asset:
        """Raises Conflict when the claim is lost."""
        return await self._database.change(self._clock, _settle, job, asset)

    async def get(self, asset_id: str) -> Asset | None:
        return await self._database.read(
            lambda session: _one(session, select(AssetRow).where(AssetRow.asset_id == asset_id))
        )

    async def of_job(self, job_id: str) -> Asset | None:
        if not is_job_id(job_id):
            return None
        return await self._database.read(
            lambda session: _one(session, select(AssetRow).where(AssetRow.job_id == job_id))
        )

    async def of_jobs(self, job_ids: Sequence[str]) -> set[str]:
        found = select(AssetRow.asset_id).where(AssetRow.job_id.in_(job_ids))
        return await self._database.read(lambda session: _ids(session, found))

    async def titles(self, job_ids: Sequence[str]) -> dict[str, str]:
        found = select(AssetRow.job_id, AssetRow.title).where(AssetRow.job_id.in_(job_ids))
        return await self._database.read(lambda session: _pairs(session, found))

    async def list(
        self,
        *,
        media_type: MediaType | None = None,
        parent_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> AssetPage:
        """Raises InvalidRequest also on a `limit` outside 1..1000."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidRequest(f"limit: 1 to {MAX_PAGE}, not {limit}")
        query = _page(limit, decode_asset_cursor(cursor) if cursor is not None else None)
        if parent_id is not None:
            query = query.where(AssetRow.parent_id == parent_id)
        if media_type is not None:
            query = query.where(AssetRow.media_type == media_type.value)
        elif parent_id is None:
            query = query.where(listed(AssetRow))
        found = await self._database.read(lambda session: _fetch_brief(session, query))
        more = len(found) > limit
        return AssetPage(
            assets=tuple(found[:limit]), cursor=_cursor(found[limit - 1]) if more else None
        )

    async def stills(self, video_id: str) -> Sequence[Still]:
        return await self._database.read(lambda session: _stills(session, video_id))

    async def edit(
        self, asset_id: str, changes: AssetChanges, *, revision: int | None = None
    ) -> Asset | None:
        return await self._database.change(
            self._clock, asset_edits.edit, asset_id, changes, revision
        )

    async def unseen(self, model: str, limit: int, *, after: str | None = None) -> Sequence[Asset]:
        other = AssetRow.picture["visual_model"].as_string().is_distinct_from(model)
        query = select(AssetRow).where(AssetRow.media_type.in_(PICTURES), other)
        if after is not None:
            query = query.where(AssetRow.asset_id > after)
        query = query.order_by(AssetRow.asset_id).limit(limit)
        return await self._database.read(lambda session: _fetch(session, query))

    async def note_picture(self, asset: Asset, picture: Picture) -> Asset | None:
        return await self._database.change(self._clock, asset_edits.note_picture, asset, picture)

    async def note_sight(self, asset: Asset, sight: Sight) -> bool:
        if asset.picture is None:
            return False
        picture = replace(
            asset.picture, visual=sight.vector, visual_model=sight.model, tags=sight.tags
        )
        return await self.note_picture(asset, picture) is not None

    async def ids(self) -> set[str]:
        whole = select(AssetRow.asset_id)
        return await self._database.read(lambda session: _ids(session, whole))

    async def unindexed(
        self, generation: str, limit: int, *, parent_id: str | None = None
    ) -> Sequence[str]:
        return await self._database.read(
            lambda session: unindexed(session, generation, limit, parent_id)
        )

    async def behind(self, generation: str) -> int:
        return await self._database.read(lambda session: behind(session, generation))

    async def count(self) -> dict[MediaType, int]:
        return await self._database.read(_count)

    async def mark_indexed(self, asset: Asset, generation: str) -> bool:
        return await self._database.write(lambda session: _mark(session, asset, generation))

    async def unmark(self, *asset_ids: str) -> None:
        await self._database.write(lambda session: _unmark(session, asset_ids))


async def put(session: AsyncSession, now: datetime, asset: Asset) -> Asset:
    """In place of what is there, with a revision that nobody has seen yet.

    What an earlier job heard goes with it, also where there is nothing to be heard any more.
    """
    here = or_(AssetRow.asset_id == asset.asset_id, AssetRow.job_id == asset.job_id)
    last = await session.scalar(select(func.max(AssetRow.revision)).where(here))
    await session.execute(AssetRow.__table__.delete().where(here))  # type: ignore[attr-defined]
    heard = TranscriptRow.asset_id == asset.asset_id, TranscriptRow.job_id != asset.job_id
    await session.execute(delete(TranscriptRow).where(*heard))
    put = replace(asset, updated_at=now, revision=(last or 0) + 1, indexed_in=None)
    row = {**row_of(put), "revision": put.revision, "indexed_in": None}
    await session.execute(insert(AssetRow).values(row))
    return put


async def put_of_job(session: AsyncSession, now: datetime, job: Job) -> None:
    """Speech is kept as a transcript: of the asset there is only what its job tells."""
    before = await _one(session, select(AssetRow).where(AssetRow.job_id == job.job_id))
    await put(session, now, before or asset_of(job))


async def _settle(session: AsyncSession, now: datetime, job: Job, asset: Asset) -> Asset:
    await locked(session, asset.asset_id)
    if await session.scalar(select(JobRow.job_id).where(held(job)).with_for_update()) is None:
        raise Conflict(f"the job {job.job_id} is no longer held by this attempt")
    died = and_(JobRow.job_id == job.job_id, JobRow.deaths > 0)
    await session.execute(update(JobRow).where(died).values(deaths=0))  # it got this far
    return await put(session, now, await as_its_video(session, asset))


async def _ids(session: AsyncSession, query: Select[str]) -> set[str]:
    return set(await session.scalars(query))


async def _pairs(session: AsyncSession, query: Select[str, str]) -> dict[str, str]:
    return {key: value for key, value in await session.execute(query)}


async def _count(session: AsyncSession) -> dict[MediaType, int]:
    query = select(AssetRow.media_type, func.count()).group_by(AssetRow.media_type)
    found = {kind: number for kind, number in await session.execute(query)}
    return {kind: found.get(kind.value, 0) for kind in MediaType}


async def _mark(session: AsyncSession, asset: Asset, generation: str) -> bool:
    """Revisions count anew for what was deleted and taken in again: the job tells them apart."""
    ours = AssetRow.asset_id == asset.asset_id
    same = and_(AssetRow.job_id == asset.job_id, AssetRow.revision == asset.revision)
    marked = update(AssetRow).where(ours, same).values(indexed_in=generation)
    if await session.scalar(marked.returning(AssetRow.asset_id)) is not None:
        return True
    await session.execute(update(AssetRow).where(ours).values(indexed_in=None))
    return False


async def _unmark(session: AsyncSession, asset_ids: Sequence[str]) -> None:
    theirs = update(AssetRow).where(AssetRow.asset_id.in_(asset_ids))
    await session.execute(theirs.values(indexed_in=None))


async def _stills(session: AsyncSession, video_id: str) -> Sequence[Still]:
    frames = are_frames_of(video_id), AssetRow.at.is_not(None)
    query = select(AssetRow.asset_id, AssetRow.at).where(*frames)
    found = await session.execute(query.order_by(AssetRow.at, AssetRow.asset_id))
    return [Still(asset_id=asset_id, at=at or 0.0) for asset_id, at in found]


def _page(limit: int, after: AssetCursor | None) -> Select[AssetRow]:
    """One more than asked for, to know whether there is a next page."""
    order = (AssetRow.created_at.desc(), AssetRow.asset_id.desc())
    query = select(AssetRow).order_by(*order).limit(limit + 1)
    if after is not None:
        tied = and_(AssetRow.created_at == after.created_at, AssetRow.asset_id < after.asset_id)
        query = query.where(or_(AssetRow.created_at < after.created_at, tied))
    return query


def _cursor(asset: Asset) -> str:
    return AssetCursor(created_at=asset.created_at, asset_id=asset.asset_id).encode()


async def _one(session: AsyncSession, query: Select[AssetRow]) -> Asset | None:
    row = await session.scalar(query)
    return None if row is None else asset_from_row(row)


async def _fetch(session: AsyncSession, query: Select[AssetRow]) -> Sequence[Asset]:
    return [asset_from_row(row) for row in await session.scalars(query)]


async def _fetch_brief(session: AsyncSession, query: Select[AssetRow]) -> Sequence[Asset]:
    brief = query.options(*(defer(column, raiseload=True) for column in LONG))
    return [asset_from_row(row, brief=True) for row in await session.scalars(brief)]
