"""What key-frames have from their video, also when its owner corrects that."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from app.adapters.sql.asset_tables import AssetRow
from app.domain.assets import Asset
from app.domain.keyframes import emitted, frame_job_id
from app.domain.media_types import MediaType

Told = dict[str, Any]


def told_of(row: Any) -> Told:
    """What its key-frames have from it. `row`: whole, or of these columns."""
    return {"title": row.title, "labels": list(row.labels), "link": row.link}


async def tell_frames(session: AsyncSession, now: datetime, video: AssetRow, before: Told) -> None:
    """Each gets what is new, unless it was told something of its own."""
    told = told_of(video)
    new = {name: value for name, value in told.items() if value != before[name]}
    if not new or video.media_type != MediaType.VIDEO.value:
        return
    for frame in await session.scalars(_frames_of(video.asset_id)):
        own = told_of(frame)
        heirlooms = {name: value for name, value in new.items() if own[name] == before[name]}
        for name, value in heirlooms.items():
            setattr(frame, name, value)
        if heirlooms:
            frame.revision, frame.indexed_in, frame.updated_at = frame.revision + 1, None, now


async def as_its_video(session: AsyncSession, asset: Asset) -> Asset:
    """Its job was told of the video as that was then: it may have been corrected meanwhile.

    What an earlier job, or a later one, keeps of the video tells nothing of this one's frames.
    """
    if asset.media_type is not MediaType.KEYFRAME or not emitted(asset.job_id):
        return asset
    columns = (AssetRow.job_id, AssetRow.title, AssetRow.labels, AssetRow.link)
    video = (AssetRow.asset_id == asset.parent_id, AssetRow.media_type == MediaType.VIDEO.value)
    query = select(*columns).where(*video).with_for_update(read=True)
    row = (await session.execute(query)).first()
    if row is None or frame_job_id(row.job_id, asset.at or 0.0) != asset.job_id:
        return asset
    return replace(asset, title=row.title, labels=tuple(row.labels), link=row.link)


def are_frames_of(video_id: str) -> ColumnElement[bool]:
    kind = func.coalesce(AssetRow.media_type, "")  # so that no index of it is taken: all frames
    return and_(AssetRow.parent_id == video_id, kind == MediaType.KEYFRAME.value)


def _frames_of(video_id: str) -> Any:
    short = (AssetRow.title, AssetRow.labels, AssetRow.link, AssetRow.revision)
    mark = (AssetRow.indexed_in, AssetRow.updated_at)
    frames = select(AssetRow).where(are_frames_of(video_id))
    return frames.options(load_only(*short, *mark, raiseload=True)).with_for_update()
