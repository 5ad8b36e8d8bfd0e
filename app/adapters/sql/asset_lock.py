"""Who writes to one asset on a server does so in turn, so that revisions count up."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def locked(session: AsyncSession, asset_id: str) -> None:
    """Until the transaction ends. Before any row is locked: in one order, nobody waits in a ring.

    On SQLite there is one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = func.hashtextextended(asset_id, 0)
        await session.execute(select(func.pg_advisory_xact_lock(key)))
