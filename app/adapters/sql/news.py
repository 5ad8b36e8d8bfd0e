"""What came of jobs, behind the `NewsStore` port."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.database import Database
from app.adapters.sql.rows import job_from_row
from app.adapters.sql.tables import JobRow, TranscriptRow, listed
from app.domain.jobs import Job, JobStatus
from app.domain.news import News


class SqlNewsStore:
    """Implements `ports.NewsStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, limit: int, letters: int) -> Sequence[News]:
        return await self._database.read(lambda session: _latest(session, limit, letters))


async def _latest(session: AsyncSession, limit: int, letters: int) -> Sequence[News]:
    found = await session.execute(_ended(limit, letters))
    return [_news(job_from_row(row, ()), title, words, letters) for row, title, *words in found]


def _ended(limit: int, letters: int) -> Select[Any]:
    """Not by their status but by the time of their end, which has an index.

    Of long texts only the beginning leaves the database.
    """
    begun = [func.substr(column, 1, letters) for column in (TranscriptRow.text, AssetRow.text)]
    query = select(JobRow, AssetRow.title, *begun, AssetRow.picture, AssetRow.description)
    query = query.outerjoin(AssetRow, AssetRow.asset_id == JobRow.asset_id)
    query = query.outerjoin(TranscriptRow, TranscriptRow.asset_id == JobRow.asset_id)
    ended = JobRow.finished_at.is_not(None), JobRow.status != JobStatus.CANCELLED.value
    latest = query.where(listed(JobRow), *ended)
    return latest.order_by(JobRow.finished_at.desc(), JobRow.job_id.desc()).limit(limit)


def _news(job: Job, title: str | None, words: list[Any], letters: int) -> News:
    failed = job.status is JobStatus.FAILED
    told = job.error_message or job.error_code or "" if failed else _first(*words)
    return News(
        job_id=job.job_id,
        asset_id=job.asset_id,
        title=title or job.title,
        failed=failed,
        ended_at=job.finished_at or job.updated_at,
        words=told[:letters],
    )


def _first(
    spoken: str | None, text: str | None, picture: dict[str, Any] | None, described: str | None
) -> str:
    """What was said, what is written, what was read in it, or what it shows."""
    read = "\n".join(line["text"] for line in picture["lines"]) if picture else ""
    return spoken or text or read or described or ""
