"""Finished windows, one row each, behind the `WindowJournal` port."""

from typing import Any, TypeAlias

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import window_from_json, window_to_json
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.tables import JobRow, WindowRow
from app.domain.clock import Clock, utc_now
from app.domain.crashpoints import reached
from app.domain.media import AudioWindow, Span
from app.domain.transcript import WindowTranscript

#: Of a row: job, params_hash, number.
Key: TypeAlias = tuple[str, str, int]


class SqlWindowJournal:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        if not is_job_id(job_id):
            return {}
        return await self._database.read(lambda session: _done(session, job_id, params_hash))

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Raises Conflict when there is no such job."""
        key = (job_id, params_hash, window.number)
        values = {
            "first_sample": window.first_sample,
            "samples": window.samples,
            "result": window_to_json(result),
            "recorded_at": self._clock(),
        }
        await self._database.write(lambda session: _keep_first(session, key, values))
        reached("window.recorded")


async def _done(
    session: AsyncSession, job_id: str, params_hash: str
) -> dict[int, tuple[Span, WindowTranscript]]:
    query = (
        select(WindowRow.number, WindowRow.first_sample, WindowRow.samples, WindowRow.result)
        .where(WindowRow.job_id == job_id, WindowRow.params_hash == params_hash)
        .order_by(WindowRow.number)
    )
    found = await session.execute(query)
    return {
        number: (Span(first=first, last=first + samples), window_from_json(number, result))
        for number, first, samples, result in found
    }


async def _keep_first(session: AsyncSession, key: Key, values: dict[str, Any]) -> None:
    """The first of those that have one place."""
    job_id, params_hash, number = key
    row = await session.get(WindowRow, key)
    if row is None:
        row = WindowRow(job_id=job_id, params_hash=params_hash, number=number, **values)
        session.add(row)  # made in here: see `Turns`
    elif (row.first_sample, row.samples) == (values["first_sample"], values["samples"]):
        return
    else:
        for name, value in values.items():
            setattr(row, name, value)
    died = and_(JobRow.job_id == job_id, JobRow.deaths > 0)
    await session.execute(update(JobRow).where(died).values(deaths=0))
