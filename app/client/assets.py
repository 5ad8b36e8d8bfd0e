"""Assets: whatever can be found, of any kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.jobs import at as under
from app.client.jobs import present
from app.client.reading import read
from app.client.results import Segment, Tag

ASSETS = "/api/v1/assets"


@dataclass(frozen=True, kw_only=True)
class Asset(Answer):
    """Of a list without `text`, `tags`, `metadata` and `speakers`; `segments` of corrections."""

    asset_id: str
    media_type: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    description: str = ""
    link: str | None = None
    #: Of a key-frame: its video, and the second of it.
    parent_id: str | None = None
    at: float | None = None
    #: Of a picture, in pixels.
    width: int | None = None
    height: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    #: Counts changes; 0 before it is known.
    revision: int = 0
    #: Whether it is found as it is now.
    indexed: bool = False
    #: The newest job on it, and how that is.
    job_id: str = ""
    status: str = ""
    #: The job that found what is kept; None while nothing is.
    found_by: str | None = None
    #: Where people find it. This and the next three: on the service, or whole addresses.
    url: str = ""
    thumbnail: str | None = None
    #: Its bytes; None of a text.
    media: str | None = None
    #: Of what is there to be heard.
    waveform: str | None = None
    text: str = ""
    #: What a picture seems to show, best first.
    tags: tuple[Tag, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    #: Names by speaker.
    speakers: Mapping[str, Any] = field(default_factory=dict)
    #: Those that were just corrected, with their words.
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AssetPage(Answer):
    assets: tuple[Asset, ...] = ()
    #: Fetches the next page; None on the last one.
    cursor: str | None = None


class Changes(TypedDict, total=False):
    """What is left out stays as it is."""

    title: str
    description: str
    labels: Sequence[str]
    link: str
    #: Of a text or a picture.
    text: str
    #: Replaced whole.
    metadata: Mapping[str, Any]
    #: Names by speaker, as the result has them.
    speakers: Mapping[str, str]
    #: Of `id` and `text` each.
    segments: Sequence[Mapping[str, Any]]


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
    """One of them, whole."""
    reply = yield Request(method="GET", path=under(ASSETS, asset_id), repeatable=True)
    return read(Asset, reply.document())


def edit_asset(asset_id: str, **changes: Unpack[Changes]) -> Plan[Asset]:
    """Correct it; it is found so when this returns, or soon after: `indexed` tells."""
    document = dict(changes)
    path = under(ASSETS, asset_id)
    reply = yield Request(method="PATCH", path=path, document=document, repeatable=True)
    return read(Asset, reply.document())


def delete_asset(asset_id: str) -> Plan[None]:
    """With its jobs, files and moments, and the key-frames of a video."""
    yield Request(method="DELETE", path=under(ASSETS, asset_id))
