"""One moment of an asset."""

from typing import Any

from app.domain.assets import Asset
from app.domain.search import Moment


def moment(asset: Asset, number: int, text: str, **place: Any) -> Moment:
    """What every moment of the asset has, and its own `place`."""
    return Moment(
        moment_id=f"{asset.asset_id}#{number}",
        asset_id=asset.asset_id,
        media_type=asset.media_type,
        title=asset.title,
        text=text,
        labels=asset.labels,
        created_at=int(asset.created_at.timestamp() * 1000),
        parent_id=asset.parent_id or "",
        link=asset.link or "",
        **place,
    )
