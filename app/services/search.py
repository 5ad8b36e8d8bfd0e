"""Finding moments: by keyword until the embedding model is loaded, and it says so."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.domain import marking
from app.domain.errors import EngineError, InvalidRequest, SpoolError, TooLarge, Unavailable
from app.domain.metrics import SEARCH_SECONDS, UNCOUNTED
from app.domain.search import MatchReason, SearchAnswer, SearchHit, SearchMode, SearchQuery
from app.ports import Darkroom, Embedder, Meter, Vector, VectorIndex
from app.services.glances import PATIENCE, Busy, Eyes, Glances
from app.services.search_cursor import SearchCursor

MAX_LIMIT = 100

LOADING = "The embedding model is not loaded: answered by keyword."
CONTINUED = "The page before was answered by keyword, and so is this one."
FAILED = "The embedding model failed: answered by keyword."
RENEWING = "The index is being made anew for another model: answered by keyword."
FILLING = "The index is being filled. Media and records that are not wholly found yet: {}."
BUSY = "Pictures are being looked at: answered without what only looks like the words."

#: Cosines below which a picture looks like another one, or like what words tell, only by chance.
#: EfficientNet-Lite0: photos of other things are at 0.1 to 0.34, the same one cropped, in grey or
#: squeezed at 0.57 to 0.8. CLIP: words are at 0.2 to 0.35 of what they tell.
PICTURE_FLOOR, WORDS_FLOOR = 0.4, 0.2
#: Bytes of a picture that is searched with.
MAX_PICTURE = 12 * 1024 * 1024
#: Characters of a page that are marked at once: more take longer than others should wait.
MARKED_AT_ONCE = 20_000


async def _none() -> int:
    return 0


class SearchService:
    """`eyes`: None where no model for pictures is wanted; `darkroom` makes ready what they see.
    `patience`: seconds to wait for what words look like. `stem`: as the index has it, so that what
    it found is marked. `missing`: how many media and records the index lacks.
    """

    def __init__(
        self,
        index: VectorIndex,
        embedder: Embedder,
        eyes: Eyes | None = None,
        darkroom: Darkroom | None = None,
        patience: float = PATIENCE,
        stem: marking.Stem = marking.as_written,
        meter: Meter = UNCOUNTED,
        missing: Callable[[], Awaitable[int]] = _none,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._stem, self._meter, self._missing = stem, meter, missing
        self._eyes, self._darkroom = eyes, darkroom
        self._glances = None if eyes is None else Glances(eyes, patience)

    async def answer(
        self, query: SearchQuery, *, cursor: str | None = None, picture: bytes | None = None
    ) -> SearchAnswer:
        """One page. `cursor` comes from the page before and goes with the same query.

        `picture` finds what looks like it; the text may be empty then. Raises InvalidRequest on a
        query without sense, MediaError on a picture that cannot be read, and Unavailable with the
        reason while the index, or the model for a picture, is not there.
        """
        _check(query, picture)
        began = time.perf_counter()
        answer = await self._answered(query, cursor, picture)
        took = time.perf_counter() - began
        self._meter.seen(SEARCH_SECONDS, took, mode=answer.mode.value)
        return answer

    async def _answered(
        self, query: SearchQuery, cursor: str | None, picture: bytes | None
    ) -> SearchAnswer:
        if not self._index.ready:  # it raises Unavailable, and knows why
            await self._index.search(query, None)
        place = _place(query, cursor)
        query = replace(query, offset=place.offset)
        query, blind = await self._looked(query, place, picture)
        vector, notice = await self._vector(query, place.mode)
        mode = place.mode if vector is not None or not query.text else SearchMode.KEYWORD
        one_more = replace(query, mode=mode, limit=query.limit + 1)
        hits = tuple(await self._index.search(one_more, vector))
        following = SearchCursor(mode=mode, offset=query.offset + query.limit, blind=blind)
        return SearchAnswer(
            hits=await _marked_page(hits[: query.limit], query.text, self._stem),
            mode=mode,
            notice=_told(notice, BUSY if blind else None, await self._filling()),
            cursor=str(following) if len(hits) > query.limit else None,
        )

    async def _filling(self) -> str | None:
        with suppress(SpoolError):  # what the index has is told all the same
            if number := await self._missing():
                return FILLING.format(number)
        return None

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
        self, query: SearchQuery, place: SearchCursor, picture: bytes | None
    ) -> tuple[SearchQuery, bool]:
        """With what it should look like, and whether that had to be left out."""
        if picture is not None:
            seen = await self._seen(picture)
            return replace(query, visual=tuple(seen), visual_floor=PICTURE_FLOOR), False
        eyes, glances = self._eyes, self._glances
        if eyes is None or glances is None or not eyes.knows_words:
            return query, False
        if place.mode is SearchMode.KEYWORD or place.blind:
            return query, place.blind
        try:
            vector = await glances.at(query.text)
        except Busy:
            return query, True
        if vector is None:
            return query, False
        return replace(query, visual=tuple(vector), visual_floor=WORDS_FLOOR), False

    async def _seen(self, picture: bytes) -> Vector:
        if self._eyes is None or self._darkroom is None:
            hint = "choose one with the setting pictures.visual_model"
            raise InvalidRequest("image: there is no model for pictures here", hint=hint)
        if self._index.renewing:
            raise Unavailable("pictures are being indexed anew", hint="try again in some minutes")
        eyes = self._eyes.now()
        with NamedTemporaryFile(prefix="spool-query-") as file:
            await asyncio.to_thread(file.write, picture)
            file.flush()
            bitmap = await self._darkroom.develop(Path(file.name))
        with closing(bitmap):
            return (await eyes.see(bitmap)).vector


def _told(*notices: str | None) -> str | None:
    return " ".join(filter(None, notices)) or None


async def _marked_page(
    hits: Sequence[SearchHit], text: str, stem: marking.Stem
) -> tuple[SearchHit, ...]:
    def marked() -> tuple[SearchHit, ...]:
        return tuple(_marked(hit, text, stem) for hit in hits)

    long = sum(len(each.text) for hit in hits for each in (hit, *hit.moments)) > MARKED_AT_ONCE
    return await asyncio.to_thread(marked) if long else marked()


def _marked(hit: SearchHit, text: str, stem: marking.Stem) -> SearchHit:
    """With the snippet; what words found begins where they are said."""
    found = marking.spans(hit.text, text, stem) if MatchReason.KEYWORD in hit.why else []
    place = marking.focus(found, hit.text, stem)
    start = hit.start
    if place is not None and hit.end > hit.start:
        start = marking.time_at(place, hit.text, hit.start, hit.end, hit.times)
    return replace(
        hit,
        start=start,
        snippet=marking.snippet(hit.text, found, place),
        moments=tuple(_marked(each, text, stem) for each in hit.moments),
    )


def _place(query: SearchQuery, cursor: str | None) -> SearchCursor:
    """Where to begin. A first page that had to be answered by keyword is gone on with so."""
    if not cursor:
        return SearchCursor(mode=query.mode, offset=query.offset)
    place = SearchCursor.parse(cursor)
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
