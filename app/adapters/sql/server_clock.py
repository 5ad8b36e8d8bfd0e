"""The time as the database server has it, for all instances write times into the same rows."""

from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.boots import moment
from app.adapters.sql.database import Database
from app.domain.clock import Clock, utc_now

NEAR = timedelta(seconds=0.5)  # an answer that takes longer says too little
MUCH = timedelta(seconds=1)  # worth a word


class ServerClock:
    """Our own clock, put right by as much as it was off when both were last compared."""

    def __init__(self, database: Database, ours: Clock = utc_now) -> None:
        self._database, self._ours = database, ours
        self._off = timedelta()

    def __call__(self) -> datetime:
        return self._ours() + self._off

    async def compare(self) -> None:
        """Keeps what it knew where the answer comes late. Raises SpoolError."""
        off = await self._database.read(self._measured)
        if off is None:
            return
        if abs(off - self._off) > MUCH:
            logger.warning(
                "the clock of this machine is {:+.1f} s off that of the database, which counts",
                -off.total_seconds(),
            )
        self._off = off

    async def _measured(self, session: AsyncSession) -> timedelta | None:
        await moment(session, self._ours())  # by now there is a connection
        asked = self._ours()
        theirs = await moment(session, asked)
        took = self._ours() - asked
        return theirs - asked - took / 2 if timedelta() <= took < NEAR else None
