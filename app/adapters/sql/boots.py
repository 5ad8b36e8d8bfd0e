"""The runs of the service, behind the `BootLog` port."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.tables import BootRow
from app.domain.clock import Clock, utc_now


class SqlBootLog:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def known(self, boot_id: str) -> bool:
        async def find(session: AsyncSession) -> bool:
            return await session.get(BootRow, boot_id) is not None

        return await self._database.read(find)

    async def begin(self, boot_id: str) -> None:
        async def add(session: AsyncSession) -> None:
            await session.merge(BootRow(boot_id=boot_id, begun_at=self._clock()))

        await self._database.write(add)
