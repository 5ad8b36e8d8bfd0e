"""What all instances agree on, behind the `SharedNotes` port."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.note_tables import NoteRow
from app.domain.clock import Clock, utc_now


class SqlNotes:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def get(self, name: str) -> Any | None:
        return await self._database.read(lambda session: _get(session, name))

    async def keep(self, name: str, value: Any) -> Any:
        return await self._database.change(self._clock, _keep, name, value)

    async def put(self, name: str, value: Any | None) -> None:
        await self._database.change(self._clock, _put, name, value)


async def _get(session: AsyncSession, name: str) -> Any | None:
    row = await session.get(NoteRow, name)
    return None if row is None else row.value["is"]


async def _keep(session: AsyncSession, now: datetime, name: str, value: Any) -> Any:
    """Of two that keep one at once the second fails, runs again and finds it."""
    before = await _get(session, name)
    if before is not None:
        return before
    session.add(NoteRow(name=name, value={"is": value}, updated_at=now))
    await session.flush()
    return value


async def _put(session: AsyncSession, now: datetime, name: str, value: Any | None) -> None:
    await session.execute(delete(NoteRow).where(NoteRow.name == name))
    if value is not None:
        session.add(NoteRow(name=name, value={"is": value}, updated_at=now))
