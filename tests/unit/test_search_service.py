"""Searching: what is asked of the index and the embedder, what is answered, and page by page."""

import asyncio
import base64
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.snowball import english_stem
from app.domain import marking
from app.domain.errors import (
    EngineCrashed,
    EngineError,
    InvalidRequest,
    MediaUnreadable,
    SpoolError,
    StorageError,
    TooLarge,
    Unavailable,
)
from app.domain.media_types import MediaType, in_seconds
from app.domain.pictures import Bitmap, Sight, Size
from app.domain.search import (
    MatchReason,
    Moment,
    SearchHit,
    SearchMode,
    SearchQuery,
)
from app.ports import Vector
from app.services.arriving import ArrivingIndex
from app.services.glances import MOST_WAITING
from app.services.search import (
    BUSY,
    FILLING,
    LOADING,
    MAX_LIMIT,
    MAX_PICTURE,
    SearchService,
)
from tests.unit.workbench import until


class Shelf:
    """An index of numbered hits: every query finds all of them, by what it was asked with."""

    def __init__(self, size: int = 3) -> None:
        self.ready = True
        self.generation = "first"
        self.renewing = False
        self.size = size
        self.asked: list[tuple[SearchQuery, Vector | None]] = []

    async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
        self.asked.append((query, vector))
        reason = MatchReason.KEYWORD if vector is None else MatchReason.SEMANTIC
        last = min(self.size, query.offset + query.limit)
        return [hit(number, reason) for number in range(query.offset, last)]

    async def renewed(self) -> None:
        raise NotImplementedError

    async def upsert(self, moments: Sequence[Moment], vectors: Sequence[Vector | None]) -> None:
        raise NotImplementedError

    async def replace_asset(
        self, asset_id: str, moments: Sequence[Moment], vectors: Sequence[Vector | None]
    ) -> None:
        raise NotImplementedError

    async def delete_asset(self, asset_id: str) -> None:
        raise NotImplementedError

    async def delete_assets(self, asset_ids: Sequence[str]) -> None:
        raise NotImplementedError

    async def vectors(self, asset_id: str) -> Mapping[str, Vector]:
        raise NotImplementedError

    async def assets(self) -> set[str]:
        raise NotImplementedError

    async def count(self) -> int:
        return self.size


class Lengths:
    """An embedder whose vector is the length of the text."""

    def __init__(self, *, ready: bool = True, error: EngineError | None = None) -> None:
        self.ready = ready
        self.error = error

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        assert self.ready, "a query must not wait for the model"
        if self.error:
            raise self.error
        return [[float(len(text))] for text in texts]


class Eyes:
    """Sees how large a picture is; knows what words look like, or does not."""

    def __init__(self, *, knows_words: bool = False, trouble: SpoolError | None = None) -> None:
        self.knows_words, self.trouble = knows_words, trouble
        self.seen: list[Path] = []
        #: Cleared, words wait.
        self.free = asyncio.Event()
        self.free.set()
        self.asked = 0

    @property
    def dimensions(self) -> int:
        return 1

    def now(self) -> "Eyes":
        if self.trouble:
            raise self.trouble
        return self

    async def develop(self, source: Path) -> Bitmap:
        """It is its own darkroom, and sees how many bytes there are."""
        self.seen.append(source)
        content = await asyncio.to_thread(source.read_bytes)
        if not content.startswith(b"picture"):
            raise MediaUnreadable("no picture")
        path, size = source.with_name(f"{source.name}-pixels"), Size(width=len(content), height=1)
        self.seen.append(path)
        await asyncio.to_thread(path.touch)
        return Bitmap(path=path, width=1, height=1, size=size)

    async def shrink(self, bitmap: Bitmap, thumbnail: Path) -> None:
        raise NotImplementedError

    async def see(self, bitmap: Bitmap) -> Sight:
        assert bitmap.path.exists()
        return Sight(model="m", vector=(float(bitmap.size.width),))

    async def imagine(self, text: str) -> Vector:
        self.asked += 1
        await self.free.wait()
        if self.trouble:
            raise self.trouble
        return [float(len(text)), 0.5]


def hit(number: int, reason: MatchReason) -> SearchHit:
    return SearchHit(
        asset_id=f"asset{number}",
        media_type=MediaType.AUDIO,
        title="",
        text="",
        start=float(number),
        end=number + 1.0,
        score=1.0,
        why=(reason,),
    )


@pytest.mark.parametrize("mode", [SearchMode.HYBRID, SearchMode.SEMANTIC])
async def test_the_query_is_embedded_and_handed_on_whole(mode: SearchMode) -> None:
    index = Shelf()
    query = SearchQuery(text="four", mode=mode, asset_id="a", labels=("x",), limit=5)
    answer = await SearchService(index, Lengths()).answer(query)
    assert (answer.mode, answer.notice, answer.cursor) == (mode, None, None)
    assert len(answer.hits) == 3
    [(asked, vector)] = index.asked
    assert vector == [4.0]
    assert (asked.text, asked.mode, asked.asset_id, asked.labels) == ("four", mode, "a", ("x",))


async def test_keyword_mode_needs_no_vector() -> None:
    index = Shelf()
    broken = Lengths(error=EngineError("must not be asked"))
    query = SearchQuery(text="four", mode=SearchMode.KEYWORD)
    answer = await SearchService(index, broken).answer(query)
    assert (answer.mode, answer.notice) == (SearchMode.KEYWORD, None)
    assert index.asked[0][1] is None


async def test_a_picture_is_searched_with_alone_or_beside_words() -> None:
    index, eyes = Shelf(), Eyes()
    service = SearchService(index, Lengths(), eyes, eyes)
    answer = await service.answer(SearchQuery(text=""), picture=b"picture")
    assert (answer.mode, answer.notice) == (SearchMode.HYBRID, None)
    await service.answer(SearchQuery(text="four"), picture=b"picture")
    [(alone, no_vector), (beside, vector)] = index.asked
    assert (alone.text, alone.visual, no_vector) == ("", (7.0,), None)
    assert (beside.text, beside.visual, vector) == ("four", (7.0,), [4.0])
    assert not any(path.exists() for path in eyes.seen)


async def test_words_find_pictures_where_the_model_knows_them() -> None:
    index = Shelf()
    query = SearchQuery(text="four")
    for eyes in (Eyes(), Eyes(knows_words=True, trouble=EngineError("broken")), None):
        await SearchService(index, Lengths(), eyes).answer(query)
    await SearchService(index, Lengths(), Eyes(knows_words=True)).answer(query)
    await SearchService(index, Lengths(), Eyes(knows_words=True)).answer(
        SearchQuery(text="four", mode=SearchMode.KEYWORD)
    )
    looked = [asked.visual for asked, _ in index.asked]
    assert looked == [None, None, None, (4.0, 0.5), None]


async def test_no_search_waits_behind_pictures_and_the_answer_says_so() -> None:
    eyes, index = Eyes(knows_words=True), Shelf(size=40)
    eyes.free.clear()
    service, query = SearchService(index, Lengths(), eyes, patience=0.0), SearchQuery(text="four")
    answers = [await service.answer(query) for _ in range(MOST_WAITING + 5)]
    assert {(answer.mode, answer.notice) for answer in answers} == {(SearchMode.HYBRID, BUSY)}
    assert eyes.asked == MOST_WAITING  # no line of searches grows behind a picture
    eyes.free.set()
    await until(lambda: not service._glances or not service._glances._under_way)
    following = await service.answer(query, cursor=answers[0].cursor)
    assert following.notice == BUSY  # pages of two rankings would not fit
    assert [asked.visual for asked, _ in index.asked] == [None] * (MOST_WAITING + 6)
    patient = SearchService(index, Lengths(), eyes)
    assert (await patient.answer(query)).notice is None
    assert index.asked[-1][0].visual == (4.0, 0.5)


async def test_a_search_that_waits_no_longer_leaves_the_model_at_its_work() -> None:
    class Slow(Eyes):
        async def imagine(self, text: str) -> Vector:
            try:
                return await super().imagine(text)
            except asyncio.CancelledError:
                self.trouble = EngineError("torn from its work")
                raise

    eyes = Slow(knows_words=True)
    eyes.free.clear()
    service = SearchService(Shelf(), Lengths(), eyes)
    searching = asyncio.create_task(service.answer(SearchQuery(text="four")))
    await until(lambda: eyes.asked == 1)
    searching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await searching
    eyes.free.set()
    assert (await service.answer(SearchQuery(text="four"))).notice is None
    assert eyes.trouble is None


async def test_a_long_page_is_marked_beside_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()
    spans = marking.spans

    def marked(text: str, query: str, stem: marking.Stem) -> list[marking.Span]:
        threads.add(threading.get_ident())
        return spans(text, query, stem)

    class Long(Shelf):
        async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
            return [replace(hit(0, MatchReason.KEYWORD), text=f"{query.text} " * 5000)]

    monkeypatch.setattr(marking, "spans", marked)
    answer = await SearchService(Long(), Lengths()).answer(SearchQuery(text="harbour"))
    assert "<mark>harbour</mark>" in answer.hits[0].snippet
    assert threads and threading.get_ident() not in threads


async def test_a_picture_that_cannot_be_searched_with_is_refused_and_told_why() -> None:
    query, eyes = SearchQuery(text=""), Eyes()
    with pytest.raises(MediaUnreadable):
        await SearchService(Shelf(), Lengths(), eyes, eyes).answer(query, picture=b"text")
    with pytest.raises(TooLarge, match="image"):
        await SearchService(Shelf(), Lengths(), eyes, eyes).answer(
            query, picture=bytes(MAX_PICTURE + 1)
        )
    with pytest.raises(InvalidRequest, match="no model for pictures"):
        await SearchService(Shelf(), Lengths()).answer(query, picture=b"picture")
    late = Eyes(trouble=Unavailable("still loading"))
    with pytest.raises(Unavailable):
        await SearchService(Shelf(), Lengths(), late, late).answer(query, picture=b"picture")
    index = Shelf()
    index.renewing = True
    with pytest.raises(Unavailable, match="indexed anew"):
        await SearchService(index, Lengths(), eyes, eyes).answer(query, picture=b"picture")


async def test_while_an_earlier_index_answers_it_is_by_keyword_and_says_so() -> None:
    index = Shelf()
    index.renewing = True
    answer = await SearchService(index, Lengths()).answer(SearchQuery(text="four"))
    assert answer.mode is SearchMode.KEYWORD and answer.notice and "anew" in answer.notice
    assert index.asked[0][1] is None


async def test_a_hit_shows_what_matched_and_begins_where_it_is_said() -> None:
    class Said(Shelf):
        async def search(self, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
            text = "We talked for long about other things & then of a <harbour>"
            said = replace(hit(0, MatchReason.KEYWORD), text=text, start=10.0, end=18.0)
            meant = replace(said, why=(MatchReason.SEMANTIC,))
            return [replace(said, moments=(meant,))]

    answer = await SearchService(Said(), Lengths(), stem=english_stem).answer(
        SearchQuery(text="harbours")
    )
    [found] = answer.hits
    assert found.snippet.endswith("things &amp; then of a &lt;<mark>harbour</mark>&gt;")
    assert 13.0 < found.start < 18.0 and found.url.endswith(f"?t={in_seconds(found.start)}")
    [other] = found.moments
    assert other.start == 10.0 and "<mark>" not in other.snippet


@pytest.mark.parametrize("mode", [SearchMode.HYBRID, SearchMode.SEMANTIC])
async def test_until_the_model_is_loaded_answers_are_by_keyword_and_say_so(
    mode: SearchMode,
) -> None:
    index = Shelf()
    answer = await SearchService(index, Lengths(ready=False)).answer(
        SearchQuery(text="four", mode=mode)
    )
    assert answer.mode is SearchMode.KEYWORD
    assert answer.notice and "not loaded" in answer.notice
    [(asked, vector)] = index.asked
    assert (asked.mode, vector) == (SearchMode.KEYWORD, None)
    assert answer.hits[0].why == (MatchReason.KEYWORD,)


async def test_while_the_index_is_filled_the_answer_says_what_is_not_found_yet() -> None:
    """After a restore a word that was there was not found, and nothing told why."""

    async def eleven() -> int:
        return 11

    async def broken() -> int:
        raise StorageError("the database is locked")

    query = SearchQuery(text="four")
    answer = await SearchService(Shelf(), Lengths(), missing=eleven).answer(query)
    assert answer.notice == FILLING.format(11) and answer.hits
    loading = await SearchService(Shelf(), Lengths(ready=False), missing=eleven).answer(query)
    assert loading.notice == f"{LOADING} {FILLING.format(11)}"
    answer = await SearchService(Shelf(), Lengths(), missing=broken).answer(query)
    assert answer.notice is None and answer.hits


async def test_when_the_model_fails_the_answer_is_by_keyword_and_says_so() -> None:
    crashing = Lengths(error=EngineCrashed("the worker process died"))
    answer = await SearchService(Shelf(), crashing).answer(SearchQuery(text="four"))
    assert answer.mode is SearchMode.KEYWORD
    assert answer.notice and "failed" in answer.notice
    assert len(answer.hits) == 3


async def test_while_the_index_is_not_open_there_is_no_answer() -> None:
    crashing = Lengths(error=EngineError("must not be asked"))
    with pytest.raises(Unavailable, match="still loading") as caught:
        await SearchService(ArrivingIndex("search index"), crashing).answer(
            SearchQuery(text="four")
        )
    assert caught.value.hint == "try again in a few seconds"


async def test_of_an_index_that_failed_the_true_reason_is_told() -> None:
    index = ArrivingIndex("search index")
    index.fail(StorageError("the disk is full", hint="make room"))
    with pytest.raises(Unavailable, match="search index: the disk is full") as caught:
        await SearchService(index, Lengths()).answer(SearchQuery(text="four"))
    assert caught.value.hint == "make room"


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(text=""),
        SearchQuery(text=" \t\n\u3000"),
        SearchQuery(text="x", limit=0),
        SearchQuery(text="x", limit=-1),
        SearchQuery(text="x", limit=MAX_LIMIT + 1),
        SearchQuery(text="x", offset=-1),
    ],
)
async def test_a_query_without_sense_is_refused(query: SearchQuery) -> None:
    index = Shelf()
    with pytest.raises(InvalidRequest):
        await SearchService(index, Lengths()).answer(query)
    assert index.asked == []


@pytest.mark.parametrize(("size", "pages"), [(0, 1), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
async def test_the_cursor_leads_through_all_hits_once(size: int, pages: int) -> None:
    service = SearchService(Shelf(size), Lengths())
    query = SearchQuery(text="four", limit=4)
    answer = await service.answer(query)
    found = [answer]
    while answer.cursor:
        answer = await service.answer(query, cursor=answer.cursor)
        found.append(answer)
    assert len(found) == pages
    assert [hit.start for page in found for hit in page.hits] == [float(n) for n in range(size)]


async def test_pages_keep_to_the_mode_of_the_first_though_the_model_is_loaded_by_then() -> None:
    embedder, index = Lengths(ready=False), Shelf(9)
    service = SearchService(index, embedder)
    query = SearchQuery(text="four", limit=4)
    first = await service.answer(query)
    embedder.ready = True
    second = await service.answer(query, cursor=first.cursor)
    assert second.mode is SearchMode.KEYWORD
    assert second.notice and "by keyword" in second.notice
    assert [hit.start for hit in second.hits] == [4.0, 5.0, 6.0, 7.0]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "é",
        "20",
        encoded("hybrid"),
        encoded("hybrid:"),
        encoded("hybrid:-4"),
        encoded("hybrid:+4"),
        encoded("hybrid: 4"),
        encoded("hybrid:4.5"),
        encoded("hybrid:4:4"),
        encoded("magic:4"),
        encoded("hybrid:4:dark"),
        encoded("hybrid:4:blind:blind"),
        encoded("hybrid:" + "9" * 5000),
        encoded("hybrid:4") + "=",
        encoded("hybrid:\u0664"),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
async def test_a_cursor_that_it_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        await SearchService(Shelf(), Lengths()).answer(SearchQuery(text="x"), cursor=cursor)


async def test_a_cursor_of_another_mode_is_refused() -> None:
    service = SearchService(Shelf(9), Lengths())
    first = await service.answer(SearchQuery(text="x", limit=4))
    with pytest.raises(InvalidRequest, match="hybrid"):
        await service.answer(
            SearchQuery(text="x", limit=4, mode=SearchMode.SEMANTIC), cursor=first.cursor
        )


async def test_ten_searches_at_once_are_not_told_of_pictures_where_none_is_looked_at() -> None:
    service = SearchService(Shelf(), Lengths(), Eyes(knows_words=True))
    searches = [service.answer(SearchQuery(text="four")) for _ in range(10)]
    assert {answer.notice for answer in await asyncio.gather(*searches)} == {None}
