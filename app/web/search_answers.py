"""What is found."""

from typing import Annotated

from pydantic import Field

from app.domain.media_types import MediaType
from app.domain.search import MatchReason, SearchMode
from app.web.answers import Answered, Seconds


class Hit(Answered):
    asset_id: str
    media_type: MediaType
    title: str
    text: str
    start: Seconds
    end: Seconds
    score: float
    why: list[MatchReason]
    url: str
    thumbnail: str | None


class Hits(Answered):
    hits: list[Hit]
    mode: Annotated[SearchMode, Field(description="The one that was really used.")]
    notice: str | None
    cursor: str | None
