"""Finding moments: by keyword until the embedding model is loaded, and it says so."""

import asyncio
import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from app.domain import marking
from app.domain.errors import EngineError, InvalidRequest, SpoolError, TooLarge, Unavailable
from app.domain.search import MatchReason, SearchAnswer, SearchHit, SearchMode, SearchQuery
from app.ports import Embedder, Vector, VectorIndex, VisualEmbedder

MAX_LIMIT = 100

LOADING = "The embedding model is not loaded: answered by keyword."
CONTINUED = "The page before was answered by keyword, and so is this one."
FAILED = "The embedding model failed: answered by keyword."
RENEWING = "The index is being made anew for another model: answered by keyword."

#: Cosines below which a picture looks like another one, or like what words tell, only by chance.
#: EfficientNet-Lite0: photos of other things are at 0.1 to 0.34, the same one cropped, in grey or
#: squeezed at 0.57 to 0.8. CLIP: words are at 0.2 to 0.35 of what they tell.
PICTURE_FLOOR, WORDS_FLOOR = 0.4, 0.2
#: Bytes of a picture that is searched with.
MAX_PICTURE = 12 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where the next page begins. The mode is kept: pages of two rankings would not fit."""

    mode: SearchMode
    offset: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.mode}:{self.offset}".encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises InvalidRequest on anything that `str` did not make."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            mode, offset = (
                base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(":")
            )
            cursor = cls(mode=SearchMode(mode), offset=int(offset))
        except (ValueError, binascii.Error) as error:
            raise InvalidRequest("cursor: not one of this service's") from error
        if cursor.offset < 0 or str(cursor) != text:
            raise InvalidRequest("cursor: not one of this service's")
        return cursor


class Eyes(VisualEmbedder, Protocol):
    """A model for pictures that may still be on its way."""

    def now(self) -> VisualEmbedder:
        """Raises Unavailable, with the reason, while it is not there."""
        ...


class SearchService:
    """`eyes`: None where no model for pictures is wanted."""

    def __init__(self, index: VectorIndex, embedder: Embedder, eyes: Eyes | None = None) -> None:
        self._index = index
        self._embedder = embedder
        self._eyes = eyes

    async def answer(
        self, query: SearchQuery, *, cursor: str | None = None, picture: bytes | None = None
    ) -> SearchAnswer:
        """One page. `cursor` comes from the page before and goes with the same query.

        `picture` finds what looks like it; the text may be empty then. Raises InvalidRequest on a
        query without sense, MediaError on a picture that cannot be read, and Unavailable with the
        reason while the index, or the model for a picture, is not there.
        """
        _check(query, picture)
        if not self._index.ready:  # it raises Unavailable, and knows why
            await self._index.search(query, None)
        place = _place(query, cursor)
        query = await self._looked(replace(query, offset=place.offset), place.mode, picture)
        vector, notice = await self._vector(query, place.mode)
        mode = place.mode if vector is not None or not query.text else SearchMode.KEYWORD
        one_more = replace(query, mode=mode, limit=query.limit + 1)
        hits = tuple(await self._index.search(one_more, vector))
        following = Cursor(mode=mode, offset=query.offset + query.limit)
        return SearchAnswer(
            hits=tuple(_marked(hit, query.text) for hit in hits[: query.limit]),
            mode=mode,
            notice=notice,
            cursor=str(following) if len(hits) > query.limit else None,
        )

    async def _vector(
        self, query: SearchQuery, mode: SearchMode
    ) -> tuple[Vector | None, str | None]:
        """The query's vector, or None and why, where it was wanted."""
        if query.mode is SearchMode.KEYWORD or not query.text:
            return None, None
        if mode is SearchMode.KEYWORD:
            return None, CONTINUED
        if self._index.renewing:
            return None, RENEWING
        if not self._embedder.ready:
            return None, LOADING
        try:
            [vector] = await self._embedder.embed([query.text])
        except EngineError:  # a keyword answer is better than none
            return None, FAILED
        return vector, None

    async def _looked(
        self, query: SearchQuery, mode: SearchMode, picture: bytes | None
    ) -> SearchQuery:
        """With what it should look like, as far as that can be told."""
        if picture is not None:
            vector = await self._seen(picture)
            return replace(query, visual=tuple(vector), visual_floor=PICTURE_FLOOR)
        if mode is SearchMode.KEYWORD or self._eyes is None or not self._eyes.knows_words:
            return query
        try:
            vector = await self._eyes.imagine(query.text)
        except SpoolError:  # words find pictures by what is told of them, too
            return query
        return replace(query, visual=tuple(vector), visual_floor=WORDS_FLOOR)

    async def _seen(self, picture: bytes) -> Vector:
        if self._eyes is None:
            hint = "choose one with the setting pictures.visual_model"
            raise InvalidRequest("image: there is no model for pictures here", hint=hint)
        if self._index.renewing:
            raise Unavailable("pictures are being indexed anew", hint="try again in some minutes")
        eyes = self._eyes.now()
        with NamedTemporaryFile(prefix="spool-query-") as file:
            await asyncio.to_thread(file.write, picture)
            file.flush()
            return (await eyes.see(Path(file.name))).vector


def _marked(hit: SearchHit, text: str) -> SearchHit:
    """With the snippet; what words found begins where they are said."""
    found = marking.spans(hit.text, text) if MatchReason.KEYWORD in hit.why else []
    place = marking.focus(found, hit.text)
    start = hit.start
    if place is not None and hit.end > hit.start:
        start = marking.time_at(place, hit.text, hit.start, hit.end, hit.times)
    return replace(
        hit,
        start=start,
        snippet=marking.snippet(hit.text, found, place),
        moments=tuple(_marked(each, text) for each in hit.moments),
    )


def _place(query: SearchQuery, cursor: str | None) -> Cursor:
    """Where to begin. A first page that had to be answered by keyword is gone on with so."""
    if not cursor:
        return Cursor(mode=query.mode, offset=query.offset)
    place = Cursor.parse(cursor)
    if place.mode not in (query.mode, SearchMode.KEYWORD):
        raise InvalidRequest(f"cursor: belongs to a search in mode {place.mode}")
    return place


def _check(query: SearchQuery, picture: bytes | None) -> None:
    if picture is not None and len(picture) > MAX_PICTURE:
        raise TooLarge(f"image: may have {MAX_PICTURE} bytes", code="body.too_large")
    if picture is None and not query.text.strip():
        raise InvalidRequest("q: say what to look for")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit: must be 1 to {MAX_LIMIT}")
    if query.offset < 0:
        raise InvalidRequest("offset: must not be negative")
