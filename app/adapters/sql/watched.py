"""What was taken out of watched folders, behind the `WatchNotes` port."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.watched_tables import WatchedRow
from app.domain.watched import FileState, WatchedFile


class SqlWatchNotes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, WatchedFile]:
        return await self._database.read(_all)

    async def note(self, file: WatchedFile) -> None:
        async def put(session: AsyncSession) -> None:
            await session.merge(
                WatchedRow(
                    path=file.path,
                    size=file.state.size,
                    modified=file.state.modified,
                    asset_id=file.asset_id,
                )
            )

        await self._database.write(put)


async def _all(session: AsyncSession) -> dict[str, WatchedFile]:
    return {row.path: _file(row) for row in await session.scalars(select(WatchedRow))}


def _file(row: WatchedRow) -> WatchedFile:
    state = FileState(size=row.size, modified=row.modified)
    return WatchedFile(path=row.path, state=state, asset_id=row.asset_id)
