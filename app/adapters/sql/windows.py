"""Finished windows, one row each, behind the `WindowJournal` port."""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

from sqlalchemy import Table, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.codec import window_from_json, window_to_json
from app.adapters.sql.database import Database
from app.adapters.sql.ids import is_job_id
from app.adapters.sql.tables import JobRow, WindowRow
from app.domain.clock import Clock, utc_now
from app.domain.crashpoints import reached
from app.domain.media import AudioWindow, Span
from app.domain.transcript import WindowTranscript

#: One that can tell what to do about a row which is there already.
Insert: TypeAlias = sqlite.Insert | postgresql.Insert


class SqlWindowJournal:
    """`boot_id`: the run whose windows these are, which may have lost the job by now; None where
    there is but one."""

    def __init__(
        self,
        database: Database,
        clock: Clock = utc_now,
        *,
        boot_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._database, self._clock, self._boot_id = database, clock, boot_id

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        if not is_job_id(job_id):
            return {}
        return await self._database.read(lambda session: _done(session, job_id, params_hash))

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Raises Conflict when there is no such job."""
        row = {
            "job_id": job_id,
            "params_hash": params_hash,
            "number": window.number,
            "first_sample": window.first_sample,
            "samples": window.samples,
            "result": window_to_json(result),
            "recorded_at": self._clock(),
        }
        boot_id = self._boot_id()
        await self._database.write(lambda session: _keep_first(session, row, boot_id))
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


async def _keep_first(session: AsyncSession, row: dict[str, Any], boot_id: str | None) -> None:
    """The first of those that have one place in the medium. That it was finished says nothing of
    the attempt of another run, which may be the one that dies."""
    await session.execute(_KEEP_FIRST[session.get_bind().dialect.name], row)
    died = and_(JobRow.job_id == row["job_id"], JobRow.deaths > 0)
    if boot_id is not None:
        died = and_(died, JobRow.boot_id == boot_id)
    await session.execute(update(JobRow).where(died).values(deaths=0))


def _keeping(insert: Insert) -> Insert:
    """Of the table, not of its rows as objects: hundreds of windows an hour go through here."""
    new = insert.excluded
    moved = or_(_TABLE.c.first_sample != new.first_sample, _TABLE.c.samples != new.samples)
    values = {column.name: new[column.name] for column in _TABLE.c if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=_TABLE.primary_key, set_=values, where=moved)


_TABLE = cast(Table, WindowRow.__table__)
_KEEP_FIRST = {
    "sqlite": _keeping(sqlite.insert(_TABLE)),
    "postgresql": _keeping(postgresql.insert(_TABLE)),
}
