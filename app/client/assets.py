"""What can be found: media of all kinds, and the key-frames of videos."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.jobs import at, present
from app.client.reading import read

ASSETS = "/api/v1/assets"


@dataclass(frozen=True, kw_only=True)
class Asset(Answer):
    asset_id: str
    #: image, video, audio, text or keyframe.
    media_type: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    description: str = ""
    link: str | None = None
    #: Of a key-frame: its video.
    parent_id: str | None = None
    #: Of a key-frame: the second of the video.
    at: float | None = None
    width: int | None = None
    height: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    #: Whether it is found as it is now.
    indexed: bool = False
    #: The newest job on it, and how that is.
    job_id: str = ""
    status: str = ""
    url: str = ""
    thumbnail: str | None = None
    #: Of one that was asked for by itself: what stands in it.
    text: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AssetPage(Answer):
    assets: tuple[Asset, ...] = ()
    #: Fetches the next page; None on the last one.
    cursor: str | None = None


def assets(
    *,
    media_type: str | None = None,
    parent_id: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Plan[AssetPage]:
    """A page of them, newest first; key-frames only when asked for by type or parent."""
    given = {
        "media_type": media_type,
        "parent_id": parent_id,
        "limit": str(limit),
        "cursor": cursor,
    }
    reply = yield Request(method="GET", path=ASSETS, query=present(given), repeatable=True)
    return read(AssetPage, reply.document())


def asset(asset_id: str) -> Plan[Asset]:
    """One of them, as it is."""
    reply = yield Request(method="GET", path=at(ASSETS, asset_id), repeatable=True)
    return read(Asset, reply.document())
