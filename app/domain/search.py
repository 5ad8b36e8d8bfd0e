"""Finding moments: what is kept in the index, what is asked, what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from app.domain.media_types import MediaType, in_seconds


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
    #: Of a key-frame: its video.
    parent_id: str = ""
    #: Of text: the heading that it stands under, as an address names it.
    anchor: str = ""
    #: Where people find the asset, when it has a page of its own.
    link: str = ""
    #: Whether there is a small picture of it.
    thumbnail: bool = False
    #: What it looks like, in the space of the model for pictures.
    visual: Sequence[float] | None = None
    #: Name of that model; empty where it is not told.
    visual_model: str = ""
    #: Of speech: where its parts begin, in characters of the text and in seconds.
    times: tuple[tuple[int, float], ...] = ()
    #: Whether it was added by itself, and was not made from an asset.
    record: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    #: Empty where only what looks alike is searched for.
    text: str
    #: What it should look like, in the space of the model for pictures.
    visual: tuple[float, ...] | None = None
    #: Cosine below which it looks like something else.
    visual_floor: float = 0.4
    mode: SearchMode = SearchMode.HYBRID
    media_type: MediaType | None = None
    #: A video's key-frames are among what is found of it.
    asset_id: str | None = None
    #: All of them must be on the asset.
    labels: tuple[str, ...] = ()
    #: When the medium was taken in, in milliseconds since the epoch; both ends belong.
    since: int | None = None
    until: int | None = None
    limit: int = 20
    #: Hits to pass over, from the cursor.
    offset: int = 0
    #: Whether all that is found of one medium is one hit.
    grouped: bool = False


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
    parent_id: str = ""
    anchor: str = ""
    link: str = ""
    has_thumbnail: bool = False
    #: Its own name, when it was added by itself.
    record: str = ""
    #: As in `Moment`.
    times: tuple[tuple[int, float], ...] = ()
    #: Safe as HTML, with what matched in <mark>.
    snippet: str = ""
    #: What else was found of the same medium, best first.
    moments: tuple["SearchHit", ...] = ()
    #: How many more there are of it, beside those.
    more: int = 0

    @property
    def url(self) -> str:
        """Deep link that opens the page at this moment: a key-frame's is that of its video."""
        if self.link:
            return f"{self.link}#{quote(self.anchor)}" if self.anchor else self.link
        if self.record:  # what it is named after may not be there
            return f"/watch/{quote(self.record, safe='')}"
        page = f"/watch/{quote(self.parent_id or self.asset_id, safe='')}"
        if self.anchor:
            return f"{page}#{quote(self.anchor)}"
        timed = self.media_type not in (MediaType.TEXT, MediaType.IMAGE)
        return f"{page}?t={in_seconds(self.start)}" if timed else page

    @property
    def thumbnail(self) -> str | None:
        """Address of a small picture of it."""
        here = f"/api/v1/assets/{quote(self.asset_id, safe='')}/thumbnail"
        return here if self.has_thumbnail else None


@dataclass(frozen=True, kw_only=True)
class SearchAnswer:
    hits: tuple[SearchHit, ...]
    #: The mode that was really used: keyword while the embedding model is not loaded.
    mode: SearchMode
    #: Why the mode differs from what was asked; None when it does not.
    notice: str | None = None
    cursor: str | None = None
