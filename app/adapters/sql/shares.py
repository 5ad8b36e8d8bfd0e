"""Links to transcripts, behind the `ShareStore` port."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.cursor import Cursor, decode_cursor
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id as is_uuid
from app.adapters.sql.share_tables import ShareRow
from app.domain.clock import Clock, utc_now
from app.domain.errors import Conflict
from app.domain.shares import Share, SharePage


class SqlShareStore:
    """Implements `ports.ShareStore`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def add(self, *, job_id: str, lasts: timedelta, digest: str) -> Share:
        return await self._database.change(self._clock, _add, job_id, lasts, digest)

    async def find(self, digest: str) -> Share | None:
        query = _standing(self._clock()).where(ShareRow.digest == digest)
        found = await self._database.read(lambda session: _fetch(session, query))
        return found[0] if found else None

    async def list(
        self, asset_id: str | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> SharePage:
        after = decode_cursor(cursor) if cursor is not None else None
        query = _page(_standing(self._clock()), limit, after)
        if asset_id is not None:
            query = query.where(AssetRow.asset_id == asset_id)
        found = await self._database.read(lambda session: _fetch(session, query))
        following = _cursor(found[limit - 1]) if len(found) > limit else None
        return SharePage(shares=tuple(found[:limit]), cursor=following)

    async def remove(self, share_id: str) -> bool:
        if not is_uuid(share_id):
            return False
        return await self._database.change(self._clock, _remove, share_id)

    async def expire(self) -> int:
        return await self._database.change(self._clock, _expire)


async def _add(
    session: AsyncSession, now: datetime, job_id: str, lasts: timedelta, digest: str
) -> Share:
    asset_id = await session.scalar(select(AssetRow.asset_id).where(AssetRow.job_id == job_id))
    if asset_id is None:
        raise Conflict(f"what the job {job_id} found is no longer there")
    row = ShareRow(
        share_id=str(uuid.uuid4()),
        job_id=job_id,
        digest=digest,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    await session.flush()
    return _share(row, asset_id)


async def _remove(session: AsyncSession, now: datetime, share_id: str) -> bool:
    """One that does not stand is left to the sweep: nobody was told of it any more."""
    standing = _standing(now).where(ShareRow.share_id == share_id)
    if not await _fetch(session, standing):
        return False
    await session.execute(delete(ShareRow).where(ShareRow.share_id == share_id))
    return True


async def _expire(session: AsyncSession, now: datetime) -> int:
    standing = _standing(now).with_only_columns(ShareRow.share_id)
    over = delete(ShareRow).where(ShareRow.share_id.not_in(standing))
    return len((await session.scalars(over.returning(ShareRow.share_id))).all())


def _standing(now: datetime) -> Select[ShareRow, str]:
    """With the names of their assets."""
    query = select(ShareRow, AssetRow.asset_id)
    query = query.join(AssetRow, AssetRow.job_id == ShareRow.job_id)
    return query.where(ShareRow.expires_at > now)


def _page(query: Select[ShareRow, str], limit: int, after: Cursor | None) -> Select[ShareRow, str]:
    """One more than asked for, to know whether there is a next page."""
    place = (ShareRow.created_at, ShareRow.share_id)
    if after is not None:
        query = query.where(tuple_(*place) < (after.created_at, after.job_id))
    return query.order_by(*(column.desc() for column in place)).limit(limit + 1)


def _cursor(share: Share) -> str:
    """The id of a link is written as that of a job."""
    return Cursor(created_at=share.created_at, job_id=share.share_id).encode()


async def _fetch(session: AsyncSession, query: Select[ShareRow, str]) -> Sequence[Share]:
    return [_share(row, asset_id) for row, asset_id in await session.execute(query)]


def _share(row: ShareRow, asset_id: str) -> Share:
    return Share(
        share_id=row.share_id,
        asset_id=asset_id,
        job_id=row.job_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
