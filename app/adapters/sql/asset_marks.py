"""Which assets the index lacks, by the marks on their rows.

By ranges, each of which the index of the marks serves: there may be a million of others.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.tables import JobRow
from app.adapters.sql.transitions import ENDED
from app.domain.jobs import JobStatus

UNDER_WAY = [status.value for status in JobStatus if not status.ended]


async def unindexed(
    session: AsyncSession, generation: str, limit: int, parent_id: str | None = None
) -> Sequence[str]:
    """What has no mark at all comes first, and of it the newest."""
    found: list[str] = []
    mine = () if parent_id is None else (AssetRow.parent_id == parent_id,)
    for other in _others(generation):
        query = select(AssetRow.asset_id).where(other, _job_has_ended(), *mine)
        order = AssetRow.indexed_in.desc(), AssetRow.created_at.desc(), AssetRow.asset_id
        rest = limit - len(found)
        found += (await session.scalars(query.order_by(*order).limit(rest))).all()
    return found


async def behind(session: AsyncSession, generation: str) -> int:
    """All that lack the mark, but for the few whose job is under way: that makes up for it."""
    number = 0
    early = select(JobRow.job_id).where(JobRow.status.in_(UNDER_WAY))
    for other in _others(generation):
        marked = select(func.count()).select_from(AssetRow).where(other)
        number += await session.scalar(marked) or 0
        number -= await session.scalar(marked.where(AssetRow.job_id.in_(early))) or 0
    return number


def _others(generation: str) -> tuple[ColumnElement[bool], ...]:
    mark = AssetRow.indexed_in
    return mark.is_(None), mark < generation, mark > generation


def _job_has_ended() -> ColumnElement[bool]:
    """Looked up for each, so that the order of the marks stays that of the walk."""
    ended = JobRow.job_id == AssetRow.job_id, JobRow.status.in_(ENDED)
    return select(JobRow.job_id).where(*ended).exists()
