"""An asset: one searchable thing, whatever its kind, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.domain.jobs import Job
from app.domain.media_types import MediaType
from app.domain.writing.formats import TextFormat

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class TextLine:
    """A line that was read in a picture."""

    text: str
    #: 0..1, the reader's own confidence.
    score: float


@dataclass(frozen=True, kw_only=True)
class Tag:
    """What a picture seems to show."""

    label: str
    #: 0..1.
    score: float


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What was found in a picture."""

    #: Pixels, upright.
    width: int
    height: int
    lines: tuple[TextLine, ...] = ()
    #: Whether it was read, or its owner told what stands in it: be it nothing.
    read: bool = False
    #: Best first.
    tags: tuple[Tag, ...] = ()
    #: What it looks like, and the model in whose space that is; None when no model was there.
    visual: tuple[float, ...] | None = None
    visual_model: str | None = None

    @property
    def text(self) -> str:
        """What stands in it, line by line."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Asset:
    #: The primary key of the index: taking it in again replaces.
    asset_id: str
    media_type: MediaType
    #: The job that found what is known of it; its files are kept under that id.
    job_id: str
    title: str
    labels: tuple[str, ...] = ()
    #: What it shows or tells, in somebody's or a model's words.
    description: str = ""
    #: Where people find it, when it has a page of its own.
    link: str | None = None
    #: Of a key-frame: the video it is from, and the second.
    parent_id: str | None = None
    at: float | None = None
    #: Of text: what is written, as it came.
    text: str = ""
    #: How it is written; None of what is no text.
    text_format: TextFormat | None = None
    #: Front matter, or what else its owner told.
    metadata: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    picture: Picture | None = None
    #: Names by speaker label, of speech.
    speakers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    created_at: datetime
    updated_at: datetime
    #: Counts changes: what was indexed of an older one is out of date.
    revision: int = 1
    #: Whether the index that serves now holds this revision.
    indexed_in: str | None = None


@dataclass(frozen=True, kw_only=True)
class Still:
    """A key-frame that is known."""

    asset_id: str
    #: Seconds in its video.
    at: float


@dataclass(frozen=True, kw_only=True)
class AssetChanges:
    """What an owner corrects. None: as it is."""

    title: str | None = None
    labels: tuple[str, ...] | None = None
    description: str | None = None
    link: str | None = None
    #: Of text: all of it anew. Of a picture: what stands in it.
    text: str | None = None
    metadata: Mapping[str, Any] | None = None
    speakers: Mapping[str, str] | None = None
    #: Of speech: new words by number of the segment.
    segments: Mapping[int, str] | None = None


@dataclass(frozen=True, kw_only=True)
class AssetPage:
    """Newest first. `cursor` fetches the next page; None on the last one."""

    assets: tuple[Asset, ...]
    cursor: str | None = None


def asset_of(job: Job, **found: Any) -> Asset:
    """As its job describes it, with what the job found."""
    options = job.options
    return Asset(
        asset_id=job.asset_id,
        media_type=job.media_type,
        job_id=job.job_id,
        title=found.pop("title", None) or job.title,
        labels=options.labels,
        description=found.pop("description", None) or options.description,
        link=options.link,
        parent_id=options.parent_id,
        at=options.at,
        created_at=job.created_at,
        updated_at=job.updated_at,
        **found,
    )
