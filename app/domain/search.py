"""Finding moments: what is kept in the index, what is asked, what is found."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class MediaType(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    KEYFRAME = "keyframe"


class SearchMode(StrEnum):
    HYBRID = "hybrid"
    SEMANTIC = "semantic"
    KEYWORD = "keyword"


class MatchReason(StrEnum):
    SEMANTIC = "semantic"
    KEYWORD = "keyword"
    VISUAL = "visual"


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One row of the index: a passage of a medium. Ids are deterministic, so a replay replaces."""

    #: `{asset_id}#{number}`.
    moment_id: str
    asset_id: str
    media_type: MediaType
    title: str
    text: str
    #: Seconds from the beginning of the medium.
    start: float
    end: float
    labels: tuple[str, ...] = ()
    #: Milliseconds since the epoch, when the medium was taken in.
    created_at: int = 0


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    text: str
    mode: SearchMode = SearchMode.HYBRID
    media_type: MediaType | None = None
    asset_id: str | None = None
    #: All of them must be on the asset.
    labels: tuple[str, ...] = ()
    #: When the medium was taken in, in milliseconds since the epoch; both ends belong.
    since: int | None = None
    until: int | None = None
    limit: int = 20
    #: Hits to pass over, from the cursor.
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    asset_id: str
    media_type: MediaType
    title: str
    text: str
    start: float
    end: float
    #: Higher is better; comparable within one answer only.
    score: float
    why: tuple[MatchReason, ...]

    @property
    def url(self) -> str:
        """Deep link that opens the page at this moment."""
        return f"/watch/{quote(self.asset_id, safe='')}?t={self.start:g}"


@dataclass(frozen=True, kw_only=True)
class SearchAnswer:
    hits: tuple[SearchHit, ...]
    #: The mode that was really used: keyword while the embedding model is not loaded.
    mode: SearchMode
    #: Why the mode differs from what was asked; None when it does not.
    notice: str | None = None
    cursor: str | None = None
