"""The runs of the service, behind the `BootLog` port."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.tables import BootRow, JobRow
from app.domain.boots import Boot
from app.domain.clock import Clock, utc_now


class SqlBootLog:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def known(self, boot_id: str) -> bool:
        async def find(session: AsyncSession) -> bool:
            return await session.get(BootRow, boot_id) is not None

        return await self._database.read(find)

    async def begin(
        self,
        boot_id: str,
        *,
        name: str = "",
        places: int = 1,
        files: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        told: dict[str, Any] = {}
        if name:
            told = {"name": name, "places": places, "files": files}
            told["settings"] = None if settings is None else dict(settings)
        await self._database.change(self._clock, _begin, boot_id, told)

    async def beat(self, boot_id: str) -> bool:
        return await self._database.change(self._clock, _beat, boot_id)

    async def living(self, silent_for: float) -> Sequence[Boot]:
        now = self._clock()
        return await self._database.read(lambda session: _living(session, now, silent_for))

    async def end(self, boot_id: str) -> None:
        await self._database.change(self._clock, _end, boot_id)

    async def inherit(self, boot_id: str, name: str) -> None:
        await self._database.write(lambda session: _inherit(session, boot_id, name))


def alive(now: datetime, silent_for: float) -> ColumnElement[bool]:
    """`now`: as `moment` tells it."""
    seen = BootRow.seen_at >= now - timedelta(seconds=silent_for)
    return and_(BootRow.ended_at.is_(None), seen)


async def moment(session: AsyncSession, now: datetime) -> datetime:
    """By the one clock that all instances share: that of a server; else ours."""
    if session.get_bind().dialect.name != "postgresql":
        return now
    return await session.scalar(select(func.clock_timestamp())) or now


async def _begin(session: AsyncSession, now: datetime, boot_id: str, told: dict[str, Any]) -> None:
    row = BootRow(boot_id=boot_id, begun_at=now, seen_at=await moment(session, now), **told)
    await session.merge(row)


async def _beat(session: AsyncSession, now: datetime, boot_id: str) -> bool:
    ours = BootRow.boot_id == boot_id, BootRow.ended_at.is_(None)
    seen = update(BootRow).where(*ours).values(seen_at=await moment(session, now))
    return await session.scalar(seen.returning(BootRow.boot_id)) is not None


async def _living(session: AsyncSession, now: datetime, silent_for: float) -> list[Boot]:
    here = alive(await moment(session, now), silent_for)
    rows = await session.scalars(select(BootRow).where(here).order_by(BootRow.begun_at))
    return [_boot(row) for row in rows]


async def _end(session: AsyncSession, now: datetime, boot_id: str) -> None:
    lives = BootRow.boot_id == boot_id, BootRow.ended_at.is_(None)
    await session.execute(update(BootRow).where(*lives).values(ended_at=now))


async def _inherit(session: AsyncSession, boot_id: str, name: str) -> None:
    """That run is told by the new name, too: a start that comes no further is done again, by yet
    another one."""
    earlier = BootRow.boot_id == boot_id
    before = await session.scalar(select(BootRow.name).where(earlier))
    if before is not None and before != name:
        await session.execute(update(JobRow).where(JobRow.home == before).values(home=name))
        await session.execute(update(BootRow).where(earlier).values(name=name))


def _boot(row: BootRow) -> Boot:
    return Boot(
        boot_id=row.boot_id,
        name=row.name or "",
        files=row.files,
        places=row.places,
        settings=row.settings or {},
    )
