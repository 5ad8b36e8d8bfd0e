"""Notices to all who listen at a PostgreSQL server."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database


async def send_out(database: Database, channel: str, notices: Sequence[str]) -> None:
    """In one transaction; each is shorter than 8,000 bytes."""

    async def send(session: AsyncSession) -> None:
        for notice in notices:
            await session.execute(select(func.pg_notify(channel, notice)))

    await database.write(send)
