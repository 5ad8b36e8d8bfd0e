"""Corrections of assets: by their owner, or by what was found in a picture later.

The functions run inside a transaction, and take the time from it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql.asset_frames import tell_frames, told_of
from app.adapters.sql.asset_rows import asset_from_row, picture_to_json, row_of
from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.codec import segments_from_json, segments_to_json
from app.adapters.sql.tables import TranscriptRow
from app.domain.assets import Asset, AssetChanges, Picture, TextLine
from app.domain.errors import InvalidRequest
from app.domain.retimed import retimed

MOST_SPEAKERS = 1000


async def edit(
    session: AsyncSession,
    now: datetime,
    asset_id: str,
    changes: AssetChanges,
    revision: int | None,
) -> Asset | None:
    query = select(AssetRow).where(AssetRow.asset_id == asset_id).with_for_update()
    row = await session.scalar(query)
    if row is None or revision not in (None, row.revision):
        return None
    before = told_of(row)
    for name in ("title", "description", "link", "text"):
        if (value := getattr(changes, name)) is not None:
            setattr(row, name, value)
    if changes.labels is not None:
        row.labels = list(changes.labels)
    if changes.speakers is not None:
        row.speakers = _named({**row.speakers, **changes.speakers})
    if changes.metadata is not None:
        row.told = dict(changes.metadata)
    if changes.text is not None and row.picture is not None:
        row.picture, row.text = _read_anew(row, changes.text), ""
    if changes.segments:
        await _correct(session, row.job_id, changes)
    row.revision, row.indexed_in, row.updated_at = row.revision + 1, None, now
    await tell_frames(session, now, row, before)
    await session.flush()
    return asset_from_row(row)


def _named(speakers: dict[str, str]) -> dict[str, str]:
    """One that is named by its own label has no name any more."""
    named = {label: name for label, name in speakers.items() if name != label}
    if len(named) > MOST_SPEAKERS:
        raise InvalidRequest(f"speakers: {MOST_SPEAKERS} at most have a name")
    return named


async def note_picture(
    session: AsyncSession, now: datetime, asset: Asset, picture: Picture
) -> Asset | None:
    query = select(AssetRow).where(
        AssetRow.asset_id == asset.asset_id,
        AssetRow.revision == asset.revision,
        AssetRow.job_id == asset.job_id,
    )
    row = await session.scalar(query.with_for_update())
    if row is None:
        return None
    found = row_of(replace(asset, picture=picture))
    row.picture, row.visual = found["picture"], found["visual"]
    row.revision, row.indexed_in, row.updated_at = row.revision + 1, None, now
    await session.flush()
    return asset_from_row(row)


def _read_anew(row: AssetRow, text: str) -> dict[str, Any]:
    """What its owner says stands in the picture is certain."""
    picture = asset_from_row(row).picture
    assert picture is not None
    lines = tuple(TextLine(text=line, score=1.0) for line in text.splitlines() if line.strip())
    return picture_to_json(replace(picture, lines=lines, read=True)) or {}


async def _correct(session: AsyncSession, job_id: str, changes: AssetChanges) -> None:
    """Words that are said already keep their times."""
    row = await session.get(TranscriptRow, job_id, with_for_update=True)
    segments = [] if row is None else list(segments_from_json(row.segments))
    for number, text in (changes.segments or {}).items():
        if row is None or not 0 <= number < len(segments):
            raise InvalidRequest(f"segments: there is no segment {number}")
        words = retimed(segments[number], text)
        segments[number] = replace(segments[number], text=text, words=words)
    assert row is not None
    row.segments = segments_to_json(segments)
    row.text = " ".join(each.text.strip() for each in segments if each.text.strip())
