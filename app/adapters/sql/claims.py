"""What is done for a job by the run that holds it, and by no other."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.tables import JobRow
from app.domain.errors import Conflict
from app.domain.jobs import Job


async def check_held(session: AsyncSession, job: Job) -> None:
    """And it stays so until the transaction ends. Raises Conflict `job.claim_lost`."""
    claim = JobRow.attempts == job.attempts, JobRow.boot_id.is_not_distinct_from(job.boot_id)
    ours = select(JobRow.job_id).where(JobRow.job_id == job.job_id, *claim)
    if await session.scalar(ours.with_for_update()) is None:
        raise Conflict("another run of the service took over this job", code="job.claim_lost")
