"""The port `VectorIndex` over the real LanceDB, with vectors of the real MiniLM."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

from app.adapters.embedders.slot import unpacked
from app.adapters.embedders.text_onnx import encode
from app.adapters.lance_index import LanceIndex, finding, keeping, opening, rankings
from app.adapters.lance_index import index as lance_index
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import InvalidRequest, StorageError, Unavailable
from app.domain.media_types import MediaType
from app.domain.models import ModelKind
from app.domain.search import (
    MatchReason,
    Moment,
    SearchHit,
    SearchMode,
    SearchQuery,
)
from app.ports import Vector, VectorIndex
from tests.buckets import Buckets
from tests.hostile import hostile_strings

ROOT = Path(__file__).parents[2]
MODEL = "all-MiniLM-L6-v2"
Embed = Callable[..., list[Vector]]

SPOKEN = {
    "kennedy": [
        "And so, my fellow Americans, ask not what your country can do for you,",
        "ask what you can do for your country.",
    ],
    "cooking": [
        "First heat the olive oil in a large pan.",
        "Then add the onions and let them soften for ten minutes.",
    ],
    "lecture": [
        "A neural network learns by adjusting its weights with gradient descent.",
        "我们今天讨论机器学习的未来",
        "Der Bürgermeister von München eröffnet die große Ausstellung.",
        "L'école n'est pas très loin de la bibliothèque.",
        "東京タワーへ行きました",
    ],
}
NONSENSE = ["asdf qwer zxcv", "blorptang", "xyzzy plugh", "wubba lubba", "zzyzx grommet flimflam"]
HOSTILE = [
    "it's",
    "x' OR true --",
    "' OR '1'='1",
    "100%",
    "_",
    "back\\slash",
    "\\' OR true --",
    'double"quote',
    "naïve 日本 🎬",
    "line\nbreak",
    "nul\x00byte",
    "surrogate \udce9",
    "a" * 5000,
    "",
]


@pytest.fixture(scope="module")
def embed(model_folder: Path) -> Embed:
    """Unit vectors of the real MiniLM."""
    folder = ModelShelf(model_folder).find(MODEL, ModelKind.SENTENCE_ONNX).path
    return lambda *texts: list(unpacked(*encode(str(folder), list(texts))))


def moment(asset_id: str = "kennedy", number: int = 0, text: str = "a word") -> Moment:
    return Moment(
        moment_id=f"{asset_id}#{number}",
        asset_id=asset_id,
        media_type=MediaType.AUDIO,
        title="untitled",
        text=text,
        start=number * 5.0,
        end=number * 5.0 + 4.5,
    )


def spoken() -> list[Moment]:
    return [moment(a, n, text) for a, texts in SPOKEN.items() for n, text in enumerate(texts)]


def blank(count: int) -> list[None]:
    return [None] * count


def at(uri: Path | str, *, model: str = MODEL, dimensions: int = 384) -> LanceIndex:
    return LanceIndex(str(uri), dimensions=dimensions, model=model)


def in_bucket(server: Buckets, url: str, *, model: str = MODEL, begins: bool = True) -> LanceIndex:
    return LanceIndex(
        f"{url}/index",
        dimensions=384,
        model=model,
        options=server.options,
        begins=lambda: begins,
    )


@pytest.fixture(params=("folder", "s3"))
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LanceIndex]:
    if request.param == "folder":
        index = at(tmp_path / "index")
    else:
        server: Buckets = request.getfixturevalue("s3_server")
        index = in_bucket(server, server.made())
    await index.open()
    yield index
    await index.aclose()


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    """In a folder, whose size is known, and which can be looked into."""
    index = at(tmp_path / "index")
    await index.open()
    yield index
    await index.aclose()


@pytest.fixture
async def filled(index: LanceIndex, embed: Embed) -> VectorIndex:
    moments = spoken()
    await index.upsert(moments, embed(*(m.text for m in moments)))
    return index


async def by_words(index: VectorIndex, text: str, **more: object) -> Sequence[SearchHit]:
    query = replace(SearchQuery(text=text, mode=SearchMode.KEYWORD), **more)  # type: ignore[arg-type]
    return await index.search(query, None)


async def test_before_it_is_open_it_cannot_be_searched_and_writes_wait(tmp_path: Path) -> None:
    index = at(tmp_path)
    assert not index.ready
    with pytest.raises(Unavailable):
        await by_words(index, "word")
    with pytest.raises(Unavailable):
        await index.count()
    with pytest.raises(Unavailable):
        _ = index.generation
    writing = asyncio.create_task(index.upsert([moment()], blank(1)))
    await index.open()
    await writing
    assert index.ready
    assert await index.count() == 1
    await index.aclose()
    with pytest.raises(Unavailable):
        await by_words(index, "word")


async def test_a_moment_is_found_by_meaning_with_its_times(
    filled: VectorIndex, embed: Embed
) -> None:
    [vector] = embed("patriotism and service to the nation")
    query = SearchQuery(text="patriotism and service to the nation", mode=SearchMode.SEMANTIC)
    hits = await filled.search(query, vector)
    assert {hit.asset_id for hit in hits} == {"kennedy"}
    assert hits[0].why == (MatchReason.SEMANTIC,)
    assert hits[0].score > 0.25
    assert (hits[0].start, hits[0].end) in {(0.0, 4.5), (5.0, 9.5)}
    assert hits[0].text in SPOKEN["kennedy"]


@pytest.mark.parametrize("text", NONSENSE)
async def test_nonsense_is_like_nothing(filled: VectorIndex, embed: Embed, text: str) -> None:
    [vector] = embed(text)
    assert not await filled.search(SearchQuery(text=text, mode=SearchMode.SEMANTIC), vector)
    assert not await filled.search(SearchQuery(text=text), vector)


async def test_a_hybrid_hit_says_why_it_matched(filled: VectorIndex, embed: Embed) -> None:
    async def why(text: str) -> dict[str, tuple[MatchReason, ...]]:
        hits = await filled.search(SearchQuery(text=text), embed(text)[0])
        return {hit.text: hit.why for hit in hits}

    [oil, onions] = SPOKEN["cooking"]
    found = await why("how to fry onions in a kitchen")
    assert next(iter(found)) == onions
    assert found == {onions: (MatchReason.SEMANTIC, MatchReason.KEYWORD), oil: found[oil]}
    assert found[oil] == (MatchReason.SEMANTIC,)
    assert (await why("minutes of the shareholders' meeting"))[onions] == (MatchReason.KEYWORD,)


async def test_without_a_vector_every_mode_goes_by_words(filled: VectorIndex) -> None:
    for mode in SearchMode:
        [hit] = await filled.search(SearchQuery(text="onions", mode=mode), None)
        assert hit.why == (MatchReason.KEYWORD,)


async def test_keyword_mode_ignores_a_vector(filled: VectorIndex, embed: Embed) -> None:
    query = SearchQuery(text="onions", mode=SearchMode.KEYWORD)
    [hit] = await filled.search(query, embed("my fellow Americans")[0])
    assert hit.text == SPOKEN["cooking"][1]


@pytest.mark.parametrize(
    ("words", "asset_id", "number"),
    [
        ("fellow", "kennedy", 0),
        ("AMERICAN", "kennedy", 0),
        ("networks", "lecture", 0),
        ("softened onion", "cooking", 1),
        ("机器学习", "lecture", 1),
        ("学习", "lecture", 1),
        ("münchen", "lecture", 2),
        ("Munchen", "lecture", 2),
        ("école", "lecture", 3),
        ("bibliothèque", "lecture", 3),
        ("東京", "lecture", 4),
        ("タワー", "lecture", 4),
    ],
)
async def test_words_are_found_in_their_forms_and_in_other_languages(
    filled: VectorIndex, words: str, asset_id: str, number: int
) -> None:
    [hit] = await by_words(filled, words)
    assert hit.text == SPOKEN[asset_id][number]


async def test_any_word_matches_and_more_of_them_rank_higher(filled: VectorIndex) -> None:
    hits = await by_words(filled, "ask your fellow neural country")
    assert [hit.text for hit in hits[:2]] == SPOKEN["kennedy"]
    assert {hit.text for hit in hits} == {*SPOKEN["kennedy"], SPOKEN["lecture"][0]}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_words_that_say_nothing_match_nothing(filled: VectorIndex) -> None:
    assert await by_words(filled, "and the for with of") == []


async def test_the_title_is_searched_too_but_counts_less(index: VectorIndex) -> None:
    titled = replace(moment("a", 0, "nothing special here"), title="Harbour tour.mp4")
    said = moment("b", 0, "we come into the harbour now and see the old ships and the lighthouse")
    await index.upsert([titled, said], blank(2))
    assert [hit.asset_id for hit in await by_words(index, "harbour")] == ["b", "a"]
    assert [hit.asset_id for hit in await by_words(index, "tour")] == ["a"]


async def test_what_was_written_is_found_at_once_before_and_after_tidying(
    tmp_path: Path, on_disk: LanceIndex
) -> None:
    index = on_disk
    for number in range(0, 6, 2):
        await index.upsert([moment("a", number, f"the word{number} was said")], blank(1))
        assert len(await by_words(index, f"word{number}")) == 1
        with tidying():
            await index.upsert([moment("a", number + 1, "and more")], blank(1))
            await index.settled()
        assert await unindexed(tmp_path / "index") == 0
        assert len(await by_words(index, f"word{number}")) == 1
    assert len(await by_words(index, "word0 word2 word4")) == 3


@pytest.mark.parametrize(("writes", "size"), [(25, 1), (2, 600)])
async def test_it_tidies_by_itself(
    tmp_path: Path, on_disk: LanceIndex, writes: int, size: int
) -> None:
    index = on_disk
    for write in range(writes):
        moments = [moment(f"a{write}", number, f"word{write}") for number in range(size)]
        await index.upsert(moments, blank(size))
    await index.settled()
    assert await unindexed(tmp_path / "index") < 20
    assert len(await by_words(index, f"word{writes - 1}", limit=1000)) == size


async def test_between_two_tidyings_it_rests_but_not_when_it_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0
    tidy = keeping.Keeper.tidy

    async def counted(keeper: keeping.Keeper, *asked: Any) -> None:
        nonlocal begun
        begun += 1
        await tidy(keeper, *asked)

    monkeypatch.setattr(keeping.Keeper, "tidy", counted)
    monkeypatch.setattr(keeping, "REST", 1e9)
    index = at(tmp_path / "index")
    await index.open()
    with tidying():
        for number in range(3):
            await index.upsert([moment(number=number)], blank(1))
        async with asyncio.timeout(60):
            await index.aclose()
    assert begun == 1


@contextmanager
def tidying() -> Iterator[None]:
    """Every write tidies, in this block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "UNTIDY_WRITES", 1)
        yield


async def unindexed(folder: Path) -> int:
    import lancedb

    connection: Any = await lancedb.connect_async(folder)
    table = await connection.open_table("moments")
    stats = await table.index_stats("text_idx")
    table.close()
    connection.close()
    assert stats is not None
    return int(stats.num_unindexed_rows)


async def test_the_same_id_replaces(index: VectorIndex, embed: Embed) -> None:
    await index.upsert([moment(text="before")], embed("before"))
    await index.upsert([moment(text="after"), moment(text="at last")], [None, None])
    assert await index.count() == 1
    assert await by_words(index, "before") == []
    assert await by_words(index, "after") == []
    [hit] = await by_words(index, "at last")
    assert hit.text == "at last"
    query = SearchQuery(text="before", mode=SearchMode.SEMANTIC)
    assert await index.search(query, embed("before")[0]) == []  # its vector went, too


async def test_a_moment_without_vector_is_found_by_words_only(
    index: VectorIndex, embed: Embed
) -> None:
    texts = SPOKEN["kennedy"]
    moments = [moment(number=n, text=text) for n, text in enumerate(texts)]
    await index.upsert(moments, [None, embed(texts[1])[0]])
    [vector] = embed("country")
    hits = await index.search(SearchQuery(text="country", mode=SearchMode.SEMANTIC), vector)
    assert [hit.text for hit in hits] == [texts[1]]
    hits = await index.search(SearchQuery(text="country"), vector)
    assert {hit.text: hit.why for hit in hits} == {
        texts[1]: (MatchReason.SEMANTIC, MatchReason.KEYWORD),
        texts[0]: (MatchReason.KEYWORD,),
    }


async def test_a_vector_of_another_length_is_refused_and_nothing_written(
    index: VectorIndex, embed: Embed
) -> None:
    with pytest.raises(InvalidRequest):
        await index.upsert([moment(), moment(number=1)], [embed("x")[0], [1.0, 0.0]])
    assert await index.count() == 0


async def test_replacing_an_asset_drops_only_what_is_no_longer_in_it(filled: VectorIndex) -> None:
    before = await filled.count()
    moments = [moment("cooking", 1, "Add some garlic."), moment("cooking", 7, "Serve it warm.")]
    await filled.replace_asset("cooking", moments, blank(2))
    assert await filled.count() == before
    hits = await by_words(filled, "oil onions garlic warm")
    assert {hit.text for hit in hits} == {"Add some garlic.", "Serve it warm."}
    assert len(await by_words(filled, "country")) == 2


async def test_the_vectors_of_an_asset_are_told_by_text(index: VectorIndex, embed: Embed) -> None:
    [vector] = embed("a sentence")
    there = [moment(number=0, text="a sentence"), moment(number=1, text="without one")]
    await index.replace_asset("kennedy", there, [vector, None])
    await index.upsert([moment("other", text="of another")], [vector])
    found = await index.vectors("kennedy")
    assert list(found) == ["a sentence"]
    assert list(found["a sentence"]) == pytest.approx(list(vector))
    assert await index.vectors("nobody") == {}


async def test_an_asset_can_be_emptied_and_deleted(filled: VectorIndex) -> None:
    before = await filled.count()
    await filled.replace_asset("cooking", [], [])
    assert await filled.count() == before - 2
    await filled.delete_asset("kennedy")
    await filled.delete_asset("kennedy")
    await filled.delete_asset("unknown")
    assert await filled.count() == before - 4
    assert await by_words(filled, "onions country") == []


async def test_several_assets_are_deleted_at_once(index: VectorIndex) -> None:
    added = replace(moment("a"), moment_id="note#", record=True)
    await index.upsert([*(moment(id) for id in "abc"), added], blank(4))
    await index.delete_assets(["a", "c", "unknown", "' OR true --"])
    await index.delete_assets([])
    assert await index.assets() == {"b"}
    assert await index.count() == 2  # what was added by itself stays


@pytest.mark.parametrize("asset_id", HOSTILE, ids=lambda text: ascii(text[:20]))
async def test_an_id_is_only_ever_itself(index: VectorIndex, asset_id: str) -> None:
    others = [moment("other", n) for n in range(3)]
    await index.upsert(others, blank(3))
    await index.delete_asset(asset_id)
    await index.replace_asset(asset_id, [], [])
    assert await index.count() == 3
    assert await by_words(index, "word", asset_id=asset_id) == []
    await index.replace_asset(asset_id, [moment(asset_id, n) for n in range(2)], blank(2))
    await index.replace_asset(asset_id, [moment(asset_id, n) for n in range(1, 3)], blank(2))
    found = await by_words(index, "word", asset_id=asset_id)
    assert [hit.start for hit in found] == [5.0, 10.0]
    assert len(await by_words(index, "word")) == 5
    await index.delete_asset(asset_id)
    assert await index.count() == 3


@pytest.mark.parametrize("label", HOSTILE, ids=lambda text: ascii(text[:20]))
async def test_a_label_is_only_ever_itself(index: VectorIndex, label: str) -> None:
    moments = [
        replace(moment("a"), labels=(label, "second")),
        replace(moment("b"), labels=("other", f"{label}x", f"x{label}")),
        moment("c"),
    ]
    await index.upsert(moments, blank(3))
    assert [h.asset_id for h in await by_words(index, "word", labels=(label,))] == ["a"]
    assert [h.asset_id for h in await by_words(index, "word", labels=(label, "second"))] == ["a"]
    assert await by_words(index, "word", labels=(label, "other")) == []


async def test_no_string_makes_a_filter_wider(index: VectorIndex) -> None:
    """Each is the id of one row and the label of another, and finds these alone."""
    strings = hostile_strings()
    named = [moment(each) for each in strings]
    labelled = [replace(moment(f"row {n}"), labels=(each, "all")) for n, each in enumerate(strings)]
    await index.upsert([*named, *labelled], blank(2 * len(strings)))
    for number, each in enumerate(strings):
        assert [hit.asset_id for hit in await by_words(index, "word", asset_id=each)] == [each]
        found = await by_words(index, "word", labels=(each,))
        assert [hit.asset_id for hit in found] == [f"row {number}"], each
        assert await by_words(index, "word", asset_id=_nowhere(each)) == []
        assert await by_words(index, "word", labels=(_nowhere(each), "all")) == []
    for each in strings[:20]:
        await index.delete_asset(each)
        await index.delete_asset(_nowhere(each))
    assert await index.count() == 2 * len(strings) - 20


def _nowhere(text: str) -> str:
    """No quote alone, for of thousands of strings one is another with a quote behind it."""
    return f"{text}' nowhere"


async def test_filters_narrow_every_mode(index: VectorIndex, embed: Embed) -> None:
    text = SPOKEN["kennedy"][1]
    moments = [
        replace(moment("a", 0, text), media_type=MediaType.VIDEO, labels=("speech", "english")),
        replace(moment("b", 0, text), media_type=MediaType.VIDEO, labels=("speech",)),
        replace(moment("c", 0, text), media_type=MediaType.AUDIO),
    ]
    [vector] = embed(text)
    await index.upsert(moments, [vector] * 3)
    expected: list[tuple[SearchQuery, set[str]]] = [
        (SearchQuery(text=text), {"a", "b", "c"}),
        (SearchQuery(text=text, media_type=MediaType.VIDEO), {"a", "b"}),
        (SearchQuery(text=text, media_type=MediaType.IMAGE), set()),
        (SearchQuery(text=text, asset_id="c"), {"c"}),
        (SearchQuery(text=text, asset_id="c", media_type=MediaType.VIDEO), set()),
        (SearchQuery(text=text, labels=("speech",)), {"a", "b"}),
        (SearchQuery(text=text, labels=("english", "speech")), {"a"}),
    ]
    for mode in SearchMode:
        for query, assets in expected:
            hits = await index.search(replace(query, mode=mode), vector)
            assert {hit.asset_id for hit in hits} == assets, (mode, query)


DAY = 24 * 3600 * 1000  # milliseconds
NOON = 1_772_366_400_000  # 1 March 2026, in milliseconds since the epoch


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, "abc"),
        (NOON, None, "bc"),
        (NOON + 1, None, "c"),
        (None, NOON, "ab"),
        (None, NOON - 1, "a"),
        (NOON, NOON, "b"),
        (NOON - DAY, NOON + DAY, "abc"),
        (NOON + DAY, NOON - DAY, ""),
        (-(2**63), 2**63 - 1, "abc"),
        (-(10**30), 10**30, "abc"),
        (10**30, None, ""),
    ],
)
async def test_a_time_of_taking_in_narrows_what_is_found_with_both_its_ends(
    index: VectorIndex, mode: SearchMode, since: int | None, until: int | None, expected: str
) -> None:
    times = {"a": NOON - DAY, "b": NOON, "c": NOON + DAY}
    moments = [replace(moment(asset), created_at=at) for asset, at in times.items()]
    vector = [1.0] + [0.0] * 383
    await index.upsert(moments, [vector] * 3)
    hits = await index.search(SearchQuery(text="word", mode=mode, since=since, until=until), vector)
    assert "".join(sorted(hit.asset_id for hit in hits)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "?!.,;",
        "*",
        '"',
        '"unbalanced (quote',
        "AND OR NOT",
        "text:country^2 +must -mustnot ~3",
        "country'; DROP TABLE moments; --",
        "\x00",
        "\udce9",
        "\ufeff\u200b",
        "🤷",
        "country " * 10_000,
        " ".join(f"w{number}" for number in range(10_000)),
        "a" * 100_000,
    ],
    ids=lambda text: ascii(text[:20]),
)
async def test_no_query_is_an_error(filled: VectorIndex, embed: Embed, text: str) -> None:
    found = await by_words(filled, text)
    assert bool(found) == ("country" in text)
    [vector] = embed(text.encode(errors="replace").decode())
    await filled.search(SearchQuery(text=text), vector)
    assert await filled.count() == len(spoken())


@pytest.mark.parametrize("depth", [250, 9])
async def test_pages_neither_overlap_nor_leave_out(
    index: VectorIndex, embed: Embed, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    """Also those that are read deeper than the first ones."""
    monkeypatch.setattr(finding, "CANDIDATES", depth)
    texts = ["country", "my country", "a country of onions", "onions"]
    moments = [moment(f"a{n % 7}", n, texts[n % len(texts)]) for n in range(60)]
    vectors = {text: embed(text)[0] for text in texts}
    await index.upsert(moments, [vectors[m.text] if m.start % 3 else None for m in moments])
    [vector] = embed("country")
    for mode, grouped in product(SearchMode, (False, True)):
        query = SearchQuery(text="country", mode=mode, limit=1000, grouped=grouped)
        whole = list(await index.search(query, vector))
        pages: list[SearchHit] = []
        for offset in range(0, 70, 7):
            pages += await index.search(replace(query, limit=7, offset=offset), vector)
        if not grouped or depth == 250:  # else a later page knows more moments of a medium
            assert pages == whole
        places = [(hit.asset_id, hit.start) for hit in whole]
        assert [(hit.asset_id, hit.start) for hit in pages] == places
        assert len(set(places)) == len(places) >= (7 if grouped else 30)


def looks(*numbers: float) -> tuple[float, ...]:
    """A vector of a picture, most of it nothing."""
    return (*numbers, *[0.0] * (1280 - len(numbers)))


def framed(number: int, text: str, **more: Any) -> Moment:
    frame = moment(f"talk#t={number}", 0, text)
    at = float(number)
    return replace(frame, media_type=MediaType.KEYFRAME, parent_id="talk", start=at, end=at, **more)


async def test_a_hit_tells_where_it_leads_to(index: VectorIndex) -> None:
    page = replace(
        moment("page", 0, "harbour"), link="https://example.org/a", anchor="ships", thumbnail=True
    )
    await index.upsert([page, framed(12, "lighthouse")], blank(2))
    [hit] = await by_words(index, "harbour")
    assert hit.url == "https://example.org/a#ships"
    assert hit.thumbnail == "/api/v1/assets/page/thumbnail"
    [hit] = await by_words(index, "lighthouse")
    assert (hit.url, hit.parent_id, hit.thumbnail) == ("/watch/talk?t=12", "talk", None)


async def test_of_speech_a_hit_tells_when_its_parts_begin(index: VectorIndex) -> None:
    times = ((0, 1.5), (12, 36_000.125))
    await index.upsert([replace(moment(text="a word and another"), times=times)], blank(1))
    [hit] = await by_words(index, "another")
    assert hit.times == times


async def test_pictures_are_found_by_looks_beside_words(index: VectorIndex, embed: Embed) -> None:
    alike = framed(1, "a red boat", visual=looks(1.0, 0.2))
    other = framed(2, "a boat on the water", visual=looks(0.0, 0.0, 1.0))
    strange = framed(3, "boat", visual=(1.0, 0.0))  # of another model: found by words
    await index.upsert([alike, other, strange, moment("talk", 0, "the boat")], blank(4))
    hits = await index.search(SearchQuery(text="", visual=looks(1.0)), None)
    assert [(hit.text, hit.why) for hit in hits] == [("a red boat", (MatchReason.VISUAL,))]
    assert hits[0].score == pytest.approx(0.98, abs=0.01)
    hits = await index.search(SearchQuery(text="boat", visual=looks(1.0)), embed("boat")[0])
    assert hits[0].why == (MatchReason.KEYWORD, MatchReason.VISUAL)
    assert len(hits) == 4
    query = SearchQuery(text="", visual=looks(1.0), media_type=MediaType.AUDIO)
    assert await index.search(query, None) == []


async def test_grouped_one_medium_is_one_hit_with_its_frames(index: VectorIndex) -> None:
    said = [moment("talk", n, f"the harbour {n}") for n in range(8)]
    await index.upsert(
        [*said, framed(7, "harbour harbour"), moment("b", 0, "a harbour")], blank(10)
    )
    whole = await by_words(index, "harbour", limit=100)
    hits = await by_words(index, "harbour", grouped=True)
    assert [hit.parent_id or hit.asset_id for hit in hits] == ["talk", "b"]
    assert (len(hits[0].moments), hits[0].more, hits[1].moments, hits[1].more) == (5, 3, (), 0)
    assert replace(hits[0], moments=(), more=0) == whole[0]
    assert list(hits[0].moments) == [h for h in whole[1:] if h.asset_id != "b"][:5]
    [second] = await by_words(index, "harbour", grouped=True, limit=1, offset=1)
    assert second.asset_id == "b"


async def test_of_a_video_its_frames_are_found_too(index: VectorIndex) -> None:
    await index.upsert(
        [moment("talk"), framed(3, "a word"), moment("other"), moment("", 5)], blank(4)
    )
    assert len(await by_words(index, "word", asset_id="talk")) == 2
    assert len(await by_words(index, "word", asset_id="talk#t=3")) == 1
    assert len(await by_words(index, "word", asset_id="")) == 1


async def test_records_stand_beside_what_is_made_from_an_asset(index: LanceIndex) -> None:
    added = replace(moment("kennedy", 0, "a word added"), moment_id="note#", record=True)
    await index.upsert([added], blank(1))
    await index.replace_asset("kennedy", [moment(), moment(number=1)], blank(2))
    assert await index.assets() == {"kennedy"}
    assert [page async for page in index.records()] == [["note#"]]
    assert await index.lacking(["note#", "' OR true --", "kennedy#7"]) == [
        "' OR true --",
        "kennedy#7",
    ]
    await index.replace_asset("kennedy", [moment()], blank(1))
    await index.delete_asset("kennedy")
    assert [hit.text for hit in await by_words(index, "word")] == ["a word added"]
    assert await index.assets() == set()
    await index.remove(["note#", "' OR true --"])
    await index.remove([])
    assert await index.count() == 0


async def test_records_are_told_page_by_page(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.lance_index.index.AT_ONCE", 2)
    ids = [f"r{number}#" for number in range(5)]
    added = [replace(moment(), moment_id=id, record=True) for id in ids]
    await index.upsert(added, blank(5))
    pages = [page async for page in index.records()]
    assert max(map(len, pages)) == 2 and sorted(chain.from_iterable(pages)) == ids
    assert await index.lacking([*ids, "r5#"]) == ["r5#"]
    await index.remove(ids[:3])
    assert await index.lacking(ids) == ids[:3]


async def test_what_is_new_is_one_write_to_the_table(on_disk: LanceIndex) -> None:
    """It was two: one that deleted nothing followed, and in a bucket each takes its time."""
    before = len(versions(on_disk))
    await on_disk.replace_asset("a", [moment("a", text="harbour")], blank(1))
    assert len(versions(on_disk)) == before + 1
    await on_disk.replace_asset("a", [moment("a", number=1, text="harbour")], blank(1))
    assert len(versions(on_disk)) == before + 3
    [hit] = await by_words(on_disk, "harbour")
    assert hit.asset_id == "a"


def versions(index: LanceIndex) -> set[Path]:
    return set(Path(index._uri).rglob("_versions/*.manifest"))


async def test_its_size_is_told_and_shrinks_when_it_is_tidied(on_disk: LanceIndex) -> None:
    index = on_disk
    assert (await index.state()).rows == 0
    for number in range(8):
        await index.upsert([moment(number=number, text="word " * 1000)], blank(1))
    before = await index.state()
    assert (before.rows, before.unindexed, before.renewing) == (8, 8, False)
    assert before.generation == index.generation and before.bytes > 8000
    await index.tidy()
    after = await index.state()
    assert (after.rows, after.unindexed, after.fragments) == (8, 0, 1)
    assert after.bytes < before.bytes


async def test_it_stays_small_though_it_is_written_to_all_day(on_disk: LanceIndex) -> None:
    """Each tidying writes all anew, and what it replaced was kept for two minutes."""
    many, noise = 2_000, random.Random(1)
    vectors = [[noise.gauss(0, 1) for _ in range(384)] for _ in range(many)]
    await on_disk.upsert([moment("kept", number=n, text=f"w{n}") for n in range(many)], vectors)
    await on_disk.build()
    needed = (await on_disk.state()).bytes
    with tidying():
        for number in range(10):
            await on_disk.replace_asset(f"a{number}", [moment(f"a{number}")], blank(1))
            await on_disk.delete_asset(f"a{number - 1}")
            await on_disk.settled()
    assert (await on_disk.state()).bytes < 1.5 * needed


async def test_searches_beside_tidying_all_succeed(
    on_disk: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they had begun to read was dropped under them."""
    monkeypatch.setattr(lance_index, "MISSING", "nothing helps")
    many, stop = 2_000, asyncio.Event()
    added = [moment("kept", number=n, text=f"harbour w{n % 50}") for n in range(many)]
    await on_disk.upsert(added, blank(many))

    async def searcher() -> int:
        searched = 0
        while not stop.is_set():
            assert len(await by_words(on_disk, f"w{searched % 50}", limit=10)) == 10
            searched += 1
        return searched

    searchers = [asyncio.create_task(searcher()) for _ in range(6)]
    for number in range(30):
        await on_disk.replace_asset("a", [moment("a", text=f"lantern {number}")], blank(1))
        await on_disk.tidy()
    stop.set()
    assert all(await asyncio.gather(*searchers))


async def test_who_has_begun_to_read_is_not_robbed_of_it(
    on_disk: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "READ_WITHIN", 0.01)
    for number in range(10):
        await on_disk.upsert([moment(number=number)], blank(1))
    with on_disk._keeper.readers.reading():
        batches = await on_disk._table().query().select(["moment_id"]).to_batches()
        await on_disk.tidy()
        assert sum([batch.num_rows async for batch in batches]) == 10


async def test_who_takes_what_it_reads_slowly_may_write_meanwhile(on_disk: LanceIndex) -> None:
    """A write waited for the tidying, and that for who was reading."""
    added = [replace(moment(), moment_id=f"r{n}#", record=True) for n in range(1001)]
    await on_disk.upsert(added, blank(len(added)))
    seen = list[str]()
    async for page in on_disk.records():
        assert not on_disk._keeper.readers._reading
        await on_disk.remove(page)
        await on_disk.tidy()
        seen += page
    assert sorted(seen) == sorted(each.moment_id for each in added)
    assert await on_disk.count() == 0


async def test_a_search_begins_again_when_what_it_read_was_dropped(
    s3_server: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a bucket others tidy, too, and what was written long ago goes at once."""
    monkeypatch.setattr(keeping, "KEPT_VERSIONS", keeping.NONE)
    monkeypatch.setattr(opening, "FRESH", timedelta(hours=1))
    url = s3_server.made()
    here, there = in_bucket(s3_server, url), in_bucket(s3_server, url)
    await here.open()
    await here.upsert([moment(text="harbour")], blank(1))
    await there.open()
    assert await there.count() == 1
    for number in range(3):
        await here.upsert([moment("a", number=number, text="harbour")], blank(1))
        await here.tidy()
    monkeypatch.setattr(lance_index, "MISSING", "nothing helps")
    with pytest.raises(StorageError):
        await by_words(there, "harbour")
    monkeypatch.undo()
    assert len(await by_words(there, "harbour")) == 4
    await there.aclose()
    await here.aclose()


async def test_what_no_version_names_goes_when_it_is_tidied(on_disk: LanceIndex) -> None:
    """A tidying that a write preempts leaves it, and LanceDB keeps it for a week: of sixty rows the
    index grew by 6 MiB in an hour of work."""
    await on_disk.upsert([moment()], blank(1))
    stray = left_behind(on_disk)
    await on_disk.tidy()
    assert not stray.exists()
    assert await on_disk.count() == 1


async def test_what_a_write_that_was_cut_short_may_still_name_stays(
    on_disk: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def hang(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    await on_disk.upsert([moment()], blank(1))
    stray = left_behind(on_disk)
    monkeypatch.setattr(lance_index, "_put", hang)
    writing = asyncio.create_task(on_disk.upsert([moment(number=1)], blank(1)))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await on_disk.tidy()
    assert stray.exists()
    monkeypatch.setattr(keeping, "CUT_SHORT", 0.0)
    await on_disk.tidy()
    assert not stray.exists()


def left_behind(index: LanceIndex) -> Path:
    """A file as a write has it before a version names it."""
    [data] = Path(index._uri).glob("*.lance/data")
    stray = data / "of-no-version.lance"
    stray.write_bytes(b"rows")
    return stray


async def test_a_few_rows_are_not_read_to_count_their_vectors(
    on_disk: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each quarter of an hour all of them were."""

    async def read(*_: object) -> int:
        raise AssertionError("the vectors are read")

    monkeypatch.setattr(keeping, "_vectors", read)
    await on_disk.upsert([moment()], [[0.1] * 384])
    assert not await on_disk.grown()


async def test_vectors_get_an_index_once_that_pays(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, generator = 600, random.Random(1)
    vectors = [[generator.gauss(0, 1) for _ in range(384)] for _ in range(rows)]
    moments = [moment(number=n, text=f"word{n}") for n in range(rows)]
    await index.upsert(moments[:300], vectors[:300])
    query = SearchQuery(text="x", mode=SearchMode.SEMANTIC, limit=1)
    assert not await index.grown()
    monkeypatch.setattr(keeping, "PAYS", 300)
    assert await index.grown()
    await index.build()
    assert not await index.grown()
    state = await index.state()
    assert (state.vector_indexes, state.unindexed) == (("vector",), 0)
    await index.upsert(moments[300:], vectors[300:])
    assert not await index.grown()
    monkeypatch.setattr(keeping, "OUTGROWN", 2)
    assert await index.grown()  # its parts were right for half as many
    await index.build()
    assert not await index.grown()
    assert (await index.state()).vector_indexes == ("vector",)
    for number in (0, 299, 300, 599):  # also those that came after it
        [hit] = await index.search(query, vectors[number])
        assert hit.text == f"word{number}" and hit.score == pytest.approx(1.0, abs=1e-4)
        assert len(await by_words(index, f"word{number}")) == 1
    monkeypatch.setattr(keeping, "PAYS", 10_000)
    await index.build()
    assert (await index.state()).vector_indexes == ()


async def test_a_page_is_full_though_some_of_it_went_away_since_it_was_ranked(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    await index.upsert([moment(f"a{number}") for number in range(5)], blank(5))
    rank = rankings.rankings

    async def ranked(*asked: Any) -> rankings.Rankings:
        found = await rank(*asked)
        await index.remove(["a1#0"])
        return found

    monkeypatch.setattr("app.adapters.lance_index.finding.rankings", ranked)
    found = await by_words(index, "word", limit=3)
    assert [hit.asset_id for hit in found] == ["a0", "a2", "a3"]


async def test_a_vector_of_no_length_is_near_to_nothing(index: LanceIndex) -> None:
    nothing, hardly, unit = [0.0] * 384, [1e-30] * 384, [1.0] + [0.0] * 383
    await index.upsert([moment(number=n) for n in range(3)], [nothing, hardly, unit])
    query = SearchQuery(text="x", mode=SearchMode.SEMANTIC)
    for vector in (nothing, hardly, [1e30] * 384):
        assert await index.search(query, vector) == []
    assert [hit.score for hit in await index.search(query, unit)] == [1.0]


async def test_writes_beside_tidying_all_succeed(index: LanceIndex) -> None:
    async def write(number: int) -> None:
        asset_id = f"a{number % 5}"
        await index.replace_asset(asset_id, [moment(asset_id, n) for n in range(3)], blank(3))
        await index.delete_asset(f"a{(number + 1) % 5}")

    await asyncio.gather(*(write(n) for n in range(20)), *(index.tidy() for _ in range(4)))
    await index.replace_asset("a0", [moment("a0")], blank(1))
    assert len(await by_words(index, "word", asset_id="a0")) == 1


async def test_writes_and_searches_at_once_all_succeed(index: VectorIndex) -> None:
    async def write(number: int) -> None:
        await index.replace_asset(
            f"a{number}", [moment(f"a{number}", n) for n in range(3)], blank(3)
        )

    await index.upsert([moment("first")], blank(1))
    searches = (by_words(index, "word") for _ in range(30))
    results = await asyncio.gather(*(write(number) for number in range(30)), *searches)
    assert all(results[30:])
    assert await index.count() == 91


async def test_it_is_there_again_after_a_restart(tmp_path: Path, embed: Embed) -> None:
    first = at(tmp_path)
    await first.open()
    generation = first.generation
    assert generation
    moments = spoken()
    with tidying():
        await first.upsert(moments, embed(*(m.text for m in moments)))
    await first.aclose()
    second = at(tmp_path)
    await second.open()
    assert second.generation == generation  # the same rows: nothing is to be filled in
    assert await second.count() == len(moments)
    assert len(await by_words(second, "onions")) == 1
    await second.aclose()


@pytest.mark.parametrize(
    ("model", "dimensions", "visual"), [("another", 384, 1280), (MODEL, 3, 1280), (MODEL, 384, 512)]
)
async def test_what_another_model_made_answers_by_words_until_all_is_made_anew(
    tmp_path: Path, model: str, dimensions: int, visual: int
) -> None:
    before = await make_index(tmp_path)
    for _ in range(2):  # also when the service ends in between
        index = LanceIndex(
            str(tmp_path), dimensions=dimensions, model=model, visual_dimensions=visual
        )
        await index.open()
        assert index.ready and index.renewing and index.generation not in ("", before)
        assert await index.count() == 0
        hits = await index.search(SearchQuery(text="word"), [1.0] * dimensions)
        assert {hit.why for hit in hits} == {(MatchReason.KEYWORD,)} and len(hits) == 3
        generation = index.generation
        await index.aclose()
    await index.open()
    assert index.generation == generation
    await index.replace_asset("kennedy", [moment(text="changed")], [[1.0] * dimensions])
    assert len(await by_words(index, "changed")) == 1 and await by_words(index, "word") == []
    await index.renewed()
    assert not index.renewing and await index.count() == 1
    query = SearchQuery(text="x", mode=SearchMode.SEMANTIC)
    [hit] = await index.search(query, [1.0] * dimensions)
    assert hit.text == "changed"
    await index.aclose()
    await index.open()
    assert not index.renewing and index.generation == generation
    await index.aclose()


async def test_vectors_of_two_models_for_pictures_are_never_compared(tmp_path: Path) -> None:
    """Both are of one length, and mean nothing to each other."""

    def opened(visual_model: str) -> LanceIndex:
        return LanceIndex(
            str(tmp_path), dimensions=2, model="m", visual_dimensions=2, visual_model=visual_model
        )

    seen = [replace(moment(), visual=(1.0, 0.0), visual_model="one")]
    told = [replace(moment("told"), visual=(1.0, 0.0))]
    first = opened("one")
    await first.open()
    await first.upsert([*seen, *told], blank(2))
    query = SearchQuery(text="", visual=(1.0, 0.0))
    assert {hit.asset_id for hit in await first.search(query, None)} == {"kennedy", "told"}
    generation = first.generation
    await first.aclose()
    other = opened("other")
    await other.open()
    assert other.renewing and other.generation != generation
    await other.upsert([*seen, *told], blank(2))
    await other.renewed()
    assert [hit.asset_id for hit in await other.search(query, None)] == ["told"]
    assert len(await by_words(other, "word")) == 2
    await other.aclose()


async def test_of_two_earlier_models_the_one_that_had_more_answers(tmp_path: Path) -> None:
    await make_index(tmp_path)
    index = at(tmp_path, model="second")
    await index.open()
    await index.upsert([moment(number=9, text="only one")], blank(1))
    await index.aclose()
    third = at(tmp_path, model="third")
    await third.open()
    assert third.renewing and len(await by_words(third, "word")) == 3
    await third.aclose()


async def test_searches_while_the_earlier_table_goes_all_succeed(tmp_path: Path) -> None:
    await make_index(tmp_path)
    index = at(tmp_path, model="another")
    await index.open()
    await index.upsert([moment(number=n) for n in range(3)], blank(3))
    answers = await asyncio.gather(
        *(by_words(index, "word") for _ in range(10)),
        index.renewed(),
        *(by_words(index, "word") for _ in range(10)),
    )
    assert [len(each) for each in answers if each is not None] == [3] * 20
    await index.aclose()


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("torn", ["_versions/*.manifest", "data/*.lance", "_indices/*/*.lance"])
async def test_a_torn_index_is_moved_aside_and_can_be_filled_again(
    tmp_path: Path, torn: str, size: int
) -> None:
    for _ in range(2):  # also when an older one lies aside already
        before = await make_index(tmp_path)
        files = list((tmp_path / "moments.lance").glob(torn))
        assert files
        for file in files:
            file.write_bytes(file.read_bytes()[:size])
        index = at(tmp_path)
        await index.open()
        assert index.ready and index.generation not in ("", before)
        await index.upsert([moment(text="filled again")], blank(1))
        assert len(await by_words(index, "filled")) == 1
        await index.aclose()


async def make_index(folder: Path) -> str:
    """Closed again; returns its generation."""
    index = at(folder)
    await index.open()
    generation = index.generation
    with tidying():
        await index.upsert([moment(number=n) for n in range(3)], blank(3))
    await index.aclose()
    return generation


async def test_a_place_that_cannot_hold_an_index_is_a_storage_error(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("not a folder")
    index = at(place)
    writing = asyncio.create_task(index.upsert([moment()], blank(1)))
    with pytest.raises(StorageError):
        await index.open()
    with pytest.raises(Unavailable):
        await writing
    assert not index.ready
    place.unlink()
    await index.open()
    await index.upsert([moment()], blank(1))
    assert await index.count() == 1
    await index.aclose()


async def test_files_that_vanish_under_it_are_a_storage_error(tmp_path: Path) -> None:
    index = at(tmp_path / "index")
    await index.open()
    await index.upsert([moment()], blank(1))
    for file in (tmp_path / "index").rglob("*.*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(StorageError):
        await index.upsert([moment(number=1)], blank(1))
    with pytest.raises(StorageError):
        await index.replace_asset("kennedy", [], [])
    await index.aclose()


@pytest.mark.parametrize("name", ["db", "a b", "it's 100% #1?", "naïve 日本", "%20"])
async def test_a_folder_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    index = at(name)
    await index.open()
    generation = index.generation
    await index.upsert([moment()], blank(1))
    await index.aclose()
    assert (tmp_path / name / "moments.lance").is_dir()
    await index.open()
    assert index.generation == generation
    assert await index.count() == 1
    await index.aclose()


def test_the_service_can_import_the_index_without_lancedb() -> None:
    script = """
import sys
import app.adapters.lance_index, app.services.search, app.pipeline.moments
print(sorted({"lancedb", "pyarrow", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
