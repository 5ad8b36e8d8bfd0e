"""Assets to rows and back."""

from array import array
from dataclasses import asdict
from typing import Any

from app.adapters.sql.asset_tables import AssetRow
from app.adapters.sql.codec import known
from app.domain.assets import Asset, Picture, Tag, TextLine
from app.domain.media_types import MediaType
from app.domain.writing.formats import TextFormat

Json = dict[str, Any]
LONG = (AssetRow.text, AssetRow.visual)


def row_of(asset: Asset) -> Json:
    """Columns by name."""
    return {
        "asset_id": asset.asset_id,
        "job_id": asset.job_id,
        "media_type": asset.media_type.value,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "parent_id": asset.parent_id,
        "at": asset.at,
        "title": asset.title,
        "labels": list(asset.labels),
        "link": asset.link,
        "description": asset.description,
        "told": dict(asset.metadata),
        "speakers": dict(asset.speakers),
        "picture": picture_to_json(asset.picture),
        "visual": _packed(asset.picture),
        "text_format": asset.text_format.value if asset.text_format else None,
        "text": asset.text,
    }


def asset_from_row(row: AssetRow, *, brief: bool = False) -> Asset:
    """In `brief` without what is long, which need not be loaded: `LONG`."""
    return Asset(
        asset_id=row.asset_id,
        media_type=MediaType(row.media_type),
        job_id=row.job_id,
        title=row.title,
        labels=tuple(row.labels),
        description=row.description,
        link=row.link,
        parent_id=row.parent_id,
        at=row.at,
        text="" if brief else row.text,
        text_format=TextFormat(row.text_format) if row.text_format else None,
        metadata=dict(row.told),
        picture=_picture(row.picture, None if brief else row.visual),
        speakers=dict(row.speakers),
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
        indexed_in=row.indexed_in,
    )


def picture_to_json(picture: Picture | None) -> Json | None:
    if picture is None:
        return None
    return {
        "width": picture.width,
        "height": picture.height,
        "lines": [asdict(line) for line in picture.lines],
        "read": picture.read,
        "tags": [asdict(tag) for tag in picture.tags],
        "visual_model": picture.visual_model,
    }


def _picture(row: Json | None, visual: bytes | None) -> Picture | None:
    if row is None:
        return None
    lines = tuple(TextLine(**known(TextLine, line)) for line in row["lines"])
    tags = tuple(Tag(**known(Tag, tag)) for tag in row["tags"])
    vector = None if visual is None else tuple(array("f", visual))
    return Picture(**{**known(Picture, row), "lines": lines, "tags": tags, "visual": vector})


def _packed(picture: Picture | None) -> bytes | None:
    if picture is None or picture.visual is None:
        return None
    return array("f", picture.visual).tobytes()
