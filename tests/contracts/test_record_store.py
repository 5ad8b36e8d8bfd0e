"""The port `RecordStore` over every database."""

from array import array
from dataclasses import replace

import pytest

from app.domain.media_types import MediaType
from app.domain.records import Record, moment_id
from app.domain.search import Moment
from tests.contracts.conftest import Stores


def record(name: str = "note", text: str = "a word", **more: object) -> Record:
    moment = Moment(
        moment_id=moment_id(name),
        asset_id="talk",
        parent_id="parent",
        media_type=MediaType.KEYFRAME,
        title="A note",
        text=text,
        start=1.5,
        end=2.25,
        labels=("a", "b"),
        link="https://example.org",
        anchor="there",
        created_at=1_700_000_000_123,
        visual=array("f", (0.5, 0.25)),
        record=True,
    )
    vector = array("f", (1.0, 0.5))
    return replace(Record(moment=moment, vector=vector, model="m"), **more)  # type: ignore[arg-type]


async def test_what_is_put_comes_back_whole(stores: Stores) -> None:
    bare = record("bare", vector=None, model=None)
    bare = replace(bare, moment=replace(bare.moment, visual=None, labels=()))
    assert await stores.records.put([record(), bare]) == [record(), bare]
    found = await stores.records.unindexed("g", 10)
    assert sorted(found, key=lambda each: each.moment.moment_id) == [bare, record()]
    assert await stores.records.count() == 2
    assert await stores.records.marks(["note#", "bare#"]) == {"note#": None, "bare#": None}


async def test_the_same_id_replaces_and_counts_up(stores: Stores) -> None:
    await stores.records.put([record(text="one")])
    [kept] = await stores.records.put([record(text="two"), record(text="three")])
    assert (kept.revision, kept.moment.text) == (2, "three")
    assert [each.moment.text for each in await stores.records.unindexed("g", 10)] == ["three"]


async def test_a_mark_counts_for_what_was_written_only(stores: Stores) -> None:
    first = await stores.records.put([record("a"), record("b")])
    await stores.records.put([record("b", text="anew")])
    await stores.records.mark_indexed(first, "g")
    assert [each.moment.text for each in await stores.records.unindexed("g", 10)] == ["anew"]
    assert len(await stores.records.unindexed("another", 10)) == 2
    assert len(await stores.records.unindexed("another", 1)) == 1


async def test_a_mark_of_an_old_revision_takes_the_mark_of_the_newer_away(stores: Stores) -> None:
    first = await stores.records.put([record("a")])
    second = await stores.records.put([record("a", text="anew")])
    await stores.records.mark_indexed(second, "g")
    await stores.records.mark_indexed(first, "g")
    assert [each.moment.text for each in await stores.records.unindexed("g", 10)] == ["anew"]


async def test_some_are_read_by_their_moments(stores: Stores) -> None:
    await stores.records.put([record("a"), record("b"), record("c")])
    found = await stores.records.get(["a#", "c#", "unknown#"])
    assert sorted(found, key=lambda each: each.moment.moment_id) == [record("a"), record("c")]
    assert await stores.records.get([]) == []


async def test_marks_are_told_counted_and_taken_away(stores: Stores) -> None:
    kept = await stores.records.put([record(name) for name in ("a", "b", "c", "d")])
    await stores.records.mark_indexed(kept[:3], "g")
    await stores.records.mark_indexed(kept[3:], "another")
    assert await stores.records.marks(["a#", "d#", "unknown#"]) == {"a#": "g", "d#": "another"}
    assert await stores.records.marked("g", 2) == ["a#", "b#"]
    assert await stores.records.marked("g", 2, after="b#") == ["c#"]
    assert (await stores.records.count("g"), await stores.records.count()) == (3, 4)
    await stores.records.unmark(["b#", "unknown#"])
    assert await stores.records.marked("g", 9) == ["a#", "c#"]
    left = await stores.records.unindexed("g", 9)
    assert sorted(each.moment.moment_id for each in left) == ["b#", "d#"]


async def test_what_is_removed_is_gone(stores: Stores) -> None:
    await stores.records.put([record("a"), record("b")])
    assert await stores.records.remove(["a#", "unknown#"]) == 1
    assert await stores.records.marks(["a#", "b#"]) == {"b#": None}
    assert await stores.records.remove([]) == 0


@pytest.mark.parametrize("number", [0, 1, 1200])
async def test_many_are_put_marked_and_removed_at_once(stores: Stores, number: int) -> None:
    kept = await stores.records.put([record(f"r{n}") for n in range(number)])
    assert await stores.records.count() == len(kept) == number
    await stores.records.mark_indexed(kept, "g")
    assert await stores.records.unindexed("g", 10) == []
    assert await stores.records.remove([each.moment.moment_id for each in kept]) == number
