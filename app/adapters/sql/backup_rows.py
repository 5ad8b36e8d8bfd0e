"""The rows in a backup, behind the `BackupRows` port."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.tables import JobRow
from app.adapters.sql.uploads import SqlUploadStore
from app.domain.backups import Medium
from app.domain.jobs import SourceKind
from app.domain.uploads import ResumableUpload


class SqlBackupRows:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs, self._uploads = SqlJobStore(database), SqlUploadStore(database, 0.0)

    async def count(self) -> int:
        return await self._database.read(_count)

    async def known(self, ids: Sequence[str]) -> set[str]:
        return await self._jobs.known(ids) | await self._uploads.hashed(ids)

    async def growing(self) -> Sequence[ResumableUpload]:
        return await self._uploads.unfinished()

    async def media(self, after: str, limit: int) -> Sequence[Medium]:
        return await self._database.read(lambda session: _media(session, after, limit))

    async def forget(self, job_id: str) -> bool:
        return await self._jobs.delete(job_id)


async def _count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(JobRow)) or 0


async def _media(session: AsyncSession, after: str, limit: int) -> list[Medium]:
    """A job that looks again at what is known brought no bytes, so nothing is known of them."""
    sent = JobRow.source == SourceKind.UPLOAD.value, JobRow.sha256.is_not(None)
    query = (
        select(JobRow.job_id, JobRow.input_path)
        .where(*sent, JobRow.job_id > after)
        .order_by(JobRow.job_id)
        .limit(limit)
    )
    return [Medium(job_id=job_id, key=key) for job_id, key in await session.execute(query)]
