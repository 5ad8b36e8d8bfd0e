"""A search index in a bucket, which several services write to and search."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.lance_index import LanceIndex
from app.domain.errors import Unavailable
from tests.buckets import Buckets
from tests.contracts.test_vector_index import blank, by_words, in_bucket, moment

Pair = tuple[LanceIndex, LanceIndex]


@pytest.fixture
async def pair(s3_server: Buckets) -> AsyncIterator[Pair]:
    url = s3_server.made()
    first, second = in_bucket(s3_server, url), in_bucket(s3_server, url)
    for index in (first, second):
        await index.open()
    yield first, second
    for index in (first, second):
        await index.aclose()


async def found(index: LanceIndex, word: str, number: int) -> None:
    """As soon as it is: each look is a request."""
    async with asyncio.timeout(30):
        while len(await by_words(index, word, limit=100)) != number:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_who_comes_later_begins_no_index_of_its_own(pair: Pair) -> None:
    first, second = pair
    assert first.generation == second.generation


async def test_what_one_writes_the_other_finds(pair: Pair) -> None:
    first, second = pair
    await first.upsert([moment("a", text="the harbour")], blank(1))
    await found(second, "harbour", 1)
    await second.upsert([moment("b", text="a harbour")], blank(1))
    await found(first, "harbour", 2)
    await second.delete_asset("a")
    await found(first, "harbour", 1)


async def test_what_both_write_at_once_is_all_there(pair: Pair) -> None:
    async def write(index: LanceIndex, name: str) -> None:
        for number in range(8):
            asset_id = f"{name}{number}"
            await index.replace_asset(asset_id, [moment(asset_id, text="harbour")], blank(1))

    await asyncio.gather(*(write(index, name) for index, name in zip(pair, "ab", strict=True)))
    for index in pair:
        await found(index, "harbour", 16)


async def test_who_does_not_lead_begins_none_and_joins_that_of_who_does(
    s3_server: Buckets,
) -> None:
    url = s3_server.made()
    follower, leader = in_bucket(s3_server, url, begins=False), in_bucket(s3_server, url)
    with pytest.raises(Unavailable, match="not begun yet"):
        await follower.open()
    await leader.open()
    await follower.open()
    assert follower.generation == leader.generation
    for index in (follower, leader):
        await index.aclose()


async def test_who_does_not_lead_and_wants_another_model_drops_nothing(
    s3_server: Buckets,
) -> None:
    url = s3_server.made()
    leader = in_bucket(s3_server, url)
    await leader.open()
    await leader.upsert([moment("a", text="the harbour")], blank(1))
    stranger = in_bucket(s3_server, url, model="another", begins=False)
    with pytest.raises(Unavailable, match="other models"):
        await stranger.open()
    await found(leader, "harbour", 1)
    await leader.aclose()


async def test_when_the_earlier_table_is_dropped_the_others_go_on_with_the_new_one(
    s3_server: Buckets,
) -> None:
    url = s3_server.made()
    before = in_bucket(s3_server, url)
    await before.open()
    await before.upsert([moment("a", text="the harbour")], blank(1))
    leader = in_bucket(s3_server, url, model="another")
    follower = in_bucket(s3_server, url, model="another", begins=False)
    for index in (leader, follower):
        await index.open()
        assert index.renewing
        await found(index, "harbour", 1)
    await leader.upsert([moment("a", text="the harbour")], blank(1))
    await leader.renewed()
    await follower.upsert([moment("b", text="a harbour")], blank(1))
    assert not follower.renewing
    for index in (leader, follower):
        await found(index, "harbour", 2)
    for index in (before, leader, follower):
        await index.aclose()
