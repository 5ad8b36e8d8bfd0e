"""What is kept for one API key."""

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.tables import JobRow
from app.adapters.sql.upload_tables import UploadRow
from app.domain.jobs import SourceKind
from app.domain.quotas import Usage


async def used(session: AsyncSession, requester: str) -> Usage:
    jobs = await session.execute(_jobs(requester))
    uploads = await session.execute(_uploads(requester))
    return sum((Usage(jobs=count, bytes=int(size)) for count, size in (*jobs, *uploads)), Usage())


def _jobs(requester: str) -> Select[int, int]:
    ours = case((JobRow.source == SourceKind.PATH.value, 0), else_=JobRow.size)
    kept = select(func.count(), func.coalesce(func.sum(ours), 0))
    return kept.where(JobRow.requester == requester)


def _uploads(requester: str) -> Select[int, int]:
    """Those that are no job yet."""
    job = select(JobRow.job_id).where(JobRow.job_id == UploadRow.upload_id)
    kept = select(func.count(), func.coalesce(func.sum(UploadRow.length), 0))
    return kept.where(
        UploadRow.requester == requester, UploadRow.finished_at.is_(None), ~job.exists()
    )
