"""What is told of assets."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.domain.jobs import Stage
from app.domain.media_types import MediaType
from app.web.answers import Answered, Count, Seconds
from app.web.health_answers import JobCounts, Workers
from app.web.job_answers import Segment, StatusName, Tag, Ticket


class AssetTicket(Ticket):
    asset_id: str
    asset_url: str


class ListedAsset(Answered):
    asset_id: str
    media_type: MediaType
    title: str
    labels: list[str]
    description: str
    link: Annotated[str | None, Field(description="Its own page, if it has one.")]
    parent_id: Annotated[str | None, Field(description="Of a key-frame: its video.")]
    at: Annotated[Seconds | None, Field(description="Of a key-frame: the second of the video.")]
    width: Annotated[Count | None, Field(description="Of a picture, in pixels.")]
    height: Count | None
    created_at: datetime
    updated_at: datetime
    revision: Annotated[int, Field(ge=0, description="Counts changes; 0 before it is known.")]
    indexed: Annotated[bool, Field(description="Whether it is found as it is now.")]
    job_id: Annotated[UUID, Field(description="The newest job on it.")]
    status: Annotated[StatusName, Field(description="Of that job.")]
    found_by: Annotated[
        UUID | None,
        Field(
            description="The job that found what is kept: its result is what is shown and found."
        ),
    ]
    url: Annotated[str, Field(description="Where people find it.")]
    thumbnail: str | None
    media: Annotated[str | None, Field(description="Its bytes; null of a text.")]
    waveform: Annotated[str | None, Field(description="Of what is there to be heard.")]


class Asset(ListedAsset):
    text: Annotated[str, Field(description="Of a text, or what stands in a picture.")]
    tags: Annotated[list[Tag], Field(description="What a picture seems to show, best first.")]
    metadata: Annotated[dict[str, Any], Field(description="Front matter, or what was told.")]
    speakers: Annotated[dict[str, str], Field(description="Names by speaker.")]


class CorrectedAsset(Asset):
    segments: Annotated[
        list[Segment],
        Field(description="Those that were corrected, as they are now, with their words."),
    ]


class AssetPage(Answered):
    assets: list[ListedAsset]
    cursor: Annotated[str | None, Field(description="Fetches the next page.")]


class Synced(Answered):
    slug: str
    status: Literal["pending", "unchanged", "deleted"]
    job_id: Annotated[UUID | None, Field(description="Of the job that takes it in.")]
    status_url: str | None


class SyncedPages(Answered):
    pages: list[Synced]


class IndexSize(Answered):
    rows: Count
    bytes: Annotated[Count, Field(description="On disk.")]


class Figures(Answered):
    """One line."""

    at: datetime
    jobs: Annotated[JobCounts, Field(description="As lists show them: without key-frames.")]
    frames: Annotated[JobCounts, Field(description="Key-frames, which are jobs of their own.")]
    queue_depth: Count
    in_flight: dict[Stage, Count]
    completed_rate: Annotated[
        float | None,
        Field(ge=0, description="Jobs and key-frames a second, over a minute at most."),
    ]
    failed_rate: Annotated[float | None, Field(ge=0)]
    audio_rate: Annotated[
        float | None, Field(ge=0, description="Seconds of sound heard, a second; as those.")
    ]
    workers: Workers
    dead_letters: Count
    assets: dict[MediaType, Count]
    index_lag: Annotated[
        Count | None, Field(description="Assets and records not found as they are.")
    ]
    index: Annotated[IndexSize | None, Field(description="Null while it loads.")]
    disk: str
    disk_free: Annotated[Count, Field(description="Bytes.")]
    data_bytes: Annotated[Count, Field(description="Of all files in the data folder.")]
    alarms: list[str]
