"""Finding moments: by keyword until the embedding model is loaded, and it says so."""

import base64
import binascii
from dataclasses import dataclass, replace

from app.domain.errors import EngineError, InvalidRequest
from app.domain.search import SearchAnswer, SearchMode, SearchQuery
from app.ports import Embedder, Vector, VectorIndex

MAX_LIMIT = 100

LOADING = "The embedding model is not loaded: answered by keyword."
CONTINUED = "The page before was answered by keyword, and so is this one."
FAILED = "The embedding model failed: answered by keyword."


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


class SearchService:
    def __init__(self, index: VectorIndex, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    async def answer(self, query: SearchQuery, *, cursor: str | None = None) -> SearchAnswer:
        """One page. `cursor` comes from the page before and goes with the same query.

        Raises InvalidRequest on an empty text or a limit out of range, and Unavailable with the
        reason while the index is not open.
        """
        _check(query)
        if not self._index.ready:  # it raises Unavailable, and knows why
            await self._index.search(query, None)
        place = _place(query, cursor)
        query = replace(query, offset=place.offset)
        vector, notice = await self._vector(query, place.mode)
        mode = SearchMode.KEYWORD if vector is None else place.mode
        one_more = replace(query, mode=mode, limit=query.limit + 1)
        hits = tuple(await self._index.search(one_more, vector))
        following = Cursor(mode=mode, offset=query.offset + query.limit)
        return SearchAnswer(
            hits=hits[: query.limit],
            mode=mode,
            notice=notice,
            cursor=str(following) if len(hits) > query.limit else None,
        )

    async def _vector(
        self, query: SearchQuery, mode: SearchMode
    ) -> tuple[Vector | None, str | None]:
        """The query's vector, or None and why, where it was wanted."""
        if query.mode is SearchMode.KEYWORD:
            return None, None
        if mode is SearchMode.KEYWORD:
            return None, CONTINUED
        if not self._embedder.ready:
            return None, LOADING
        try:
            [vector] = await self._embedder.embed([query.text])
        except EngineError:  # a keyword answer is better than none
            return None, FAILED
        return vector, None


def _place(query: SearchQuery, cursor: str | None) -> Cursor:
    """Where to begin. A first page that had to be answered by keyword is gone on with so."""
    if not cursor:
        return Cursor(mode=query.mode, offset=query.offset)
    place = Cursor.parse(cursor)
    if place.mode not in (query.mode, SearchMode.KEYWORD):
        raise InvalidRequest(f"cursor: belongs to a search in mode {place.mode}")
    return place


def _check(query: SearchQuery) -> None:
    if not query.text.strip():
        raise InvalidRequest("q: say what to look for")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit: must be 1 to {MAX_LIMIT}")
    if query.offset < 0:
        raise InvalidRequest("offset: must not be negative")
