"""Which jobs have grown too old, and are nobody's any more."""

from sqlalchemy import ColumnElement, and_, false, func, not_, select
from sqlalchemy.orm import aliased

from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.jobs_of_assets import UNDER_WAY
from app.adapters.sql.listing import has
from app.adapters.sql.tables import JobRow
from app.adapters.sql.webhook_tables import DeliveryRow
from app.domain.jobs import JobStatus
from app.domain.media_types import MediaType
from app.domain.retention import Ending, Expiry, Kind
from app.domain.webhooks import DeliveryState


def expired(expiry: Expiry) -> ColumnElement[bool]:
    """Its time is over, and nothing is under way that needs it or is still to be told of it."""
    return and_(
        _ended(expiry),
        _is_of(expiry.kind),
        *(not_(_is_of(kind)) for kind in expiry.but),
        not_(_is_worked_on()),
        not_(_is_still_told()),
        not_(_has_its_video()),
    )


def _ended(expiry: Expiry) -> ColumnElement[bool]:
    """Only a job that has ended has a time at which it did, and a dead letter has failed."""
    dead = expiry.ending is Ending.DEAD_LETTER
    status = JobStatus.FAILED.value if dead else expiry.ending.value
    return and_(
        JobRow.finished_at < expiry.before,
        JobRow.status == status,
        JobRow.dead_letter.is_(dead),
    )


def _is_of(kind: Kind) -> ColumnElement[bool]:
    told: list[ColumnElement[bool]] = []
    if kind.media_type is not None:
        told.append(JobRow.media_type == kind.media_type.value)
    if kind.label is not None:
        told.append(_labelled(kind.label))
    return and_(True, *told)


def _labelled(label: str) -> ColumnElement[bool]:
    """As its owner has it now."""
    kept = select(AssetRow.labels).where(AssetRow.job_id == JobRow.job_id).scalar_subquery()
    labels = func.coalesce(kept, JobRow.options["labels"])
    return func.coalesce(has(labels, label), false())


def _is_worked_on() -> ColumnElement[bool]:
    """By another job on the same asset, or by those on the key-frames of a video."""
    other = aliased(JobRow)
    busy = func.coalesce(other.status, "").in_(UNDER_WAY)  # so that no index of it is taken
    same = select(other.job_id).where(other.asset_id == JobRow.asset_id, busy)
    frames = select(other.job_id).where(other.parent_id == JobRow.asset_id, busy)
    return same.exists() | frames.exists()


def _is_still_told() -> ColumnElement[bool]:
    """A webhook of it is on its way."""
    owed = DeliveryRow.state == DeliveryState.PENDING.value
    return select(DeliveryRow.job_id).where(DeliveryRow.job_id == JobRow.job_id, owed).exists()


def _has_its_video() -> ColumnElement[bool]:
    """A key-frame goes with that, and not before."""
    video = aliased(JobRow)
    there = select(video.job_id).where(video.asset_id == JobRow.parent_id).exists()
    return and_(JobRow.media_type == MediaType.KEYFRAME.value, there)
