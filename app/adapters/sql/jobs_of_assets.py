"""Queries for the jobs on an asset: which is the newest, and which are overtaken by it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import aliased

from app.adapters.sql.tables import JobRow
from app.domain.jobs import AssetStage, JobStatus

UNDER_WAY = (JobStatus.PENDING.value, JobStatus.RUNNING.value)
CAME_TO_NOTHING = (JobStatus.FAILED.value, JobStatus.CANCELLED.value)


def on(asset_id: str, under_way: bool) -> ColumnElement[bool]:
    here = JobRow.asset_id == asset_id
    return and_(here, JobRow.status.in_(UNDER_WAY)) if under_way else here


def overtaken(asset_id: str | None) -> ColumnElement[bool]:
    """Both under way, and both take the asset in; those on one asset, or on all.

    The later ones are looked up by the asset, and not among all that wait: thousands may.
    """
    later = aliased(JobRow)
    overtakes = select(later.job_id).where(
        later.asset_id == JobRow.asset_id,
        func.coalesce(later.status, "").in_(UNDER_WAY),  # so that no index of it is taken
        _takes_in(later),
        tuple_(later.created_at, later.job_id) > tuple_(JobRow.created_at, JobRow.job_id),
    )
    found = and_(JobRow.status.in_(UNDER_WAY), _takes_in(JobRow), overtakes.exists())
    return found if asset_id is None else and_(found, JobRow.asset_id == asset_id)


def newest(asset_ids: Sequence[str], living: bool) -> Select[str]:
    """Their ids."""
    order = (JobRow.created_at.desc(), JobRow.job_id.desc())
    place = func.row_number().over(partition_by=JobRow.asset_id, order_by=order).label("place")
    theirs = select(JobRow.job_id, place).where(JobRow.asset_id.in_(asset_ids))
    if living:
        theirs = theirs.where(_takes_in(JobRow), JobRow.status.not_in(CAME_TO_NOTHING))
    placed = theirs.subquery()
    return select(placed.c.job_id).where(placed.c.place == 1)


def _takes_in(row: type[JobRow]) -> ColumnElement[bool]:
    """Older rows tell no stage: all did."""
    told = row.options["asset_stage"].as_string()
    return func.coalesce(told, AssetStage.INITIAL.value) == AssetStage.INITIAL.value
