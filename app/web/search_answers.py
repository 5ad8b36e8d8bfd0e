"""What is found, and how the index is."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.media_types import MediaType
from app.domain.search import MatchReason, SearchMode
from app.web.answers import Answered, Count, Seconds


class Found(Answered):
    """One moment."""

    asset_id: str
    parent_id: Annotated[str | None, Field(description="Of a key-frame: its video.")]
    media_type: MediaType
    title: str
    text: str
    snippet: Annotated[str, Field(description="Safe as HTML; what matched is in <mark>.")]
    start: Seconds
    end: Seconds
    score: float
    why: list[MatchReason]
    url: str
    thumbnail: str | None


class Hit(Found):
    moments: Annotated[
        list[Found], Field(description="What else was found of the same medium, best first.")
    ]
    more: Annotated[Count, Field(description="How many more there are of it.")]


class Hits(Answered):
    hits: list[Hit]
    mode: Annotated[SearchMode, Field(description="The one that was really used.")]
    notice: str | None
    cursor: str | None


class BulkAdded(Answered):
    added: Count
    removed: Count
    without_vector: Annotated[Count, Field(description="Found by meaning a little later.")]


class Index(Answered):
    state: Literal["ready", "building", "failed"]
    error: Annotated[str | None, Field(description="Why the last build failed.")]
    rows: Count
    bytes: Annotated[Count, Field(description="On disk.")]
    fragments: Count
    unindexed: Annotated[Count, Field(description="Found, but by reading each.")]
    vector_indexes: Annotated[
        list[str], Field(description="Columns whose vectors are so many that an index pays.")
    ]
    renewing: Annotated[
        bool, Field(description="The table of an earlier model answers, by keyword.")
    ]
