"""No key keeps more than it may, however many requests come at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

import pytest

from app.domain.clock import utc_now
from app.domain.errors import Forbidden
from app.domain.jobs import Job, JobStatus, SourceKind
from app.domain.quotas import USUAL, Quota, Usage
from app.domain.requester import granted, requester
from app.services import quotas
from app.services.quotas import Quotas

KEY = "a key"


@dataclass
class Rows:
    """What is committed."""

    kept: dict[str, Usage] = field(default_factory=dict)
    asked: int = 0
    #: Called while somebody looks.
    meanwhile: asyncio.Event | None = None

    async def used(self, key: str) -> Usage:
        self.asked += 1
        seen = self.kept.get(key, Usage())
        if self.meanwhile:
            await self.meanwhile.wait()
        return seen


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture(autouse=True)
def of_a_key() -> Iterator[None]:
    before, own = requester.set(KEY), granted.set(USUAL)
    yield
    requester.reset(before)
    granted.reset(own)


async def sent(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


async def read(chunks: AsyncIterator[bytes]) -> int:
    return sum([len(chunk) async for chunk in chunks])


async def test_what_is_within_may_come_and_what_is_beyond_may_not(rows: Rows) -> None:
    of = Quotas(rows.used, Quota(jobs=3, bytes=100))
    rows.kept[KEY] = Usage(jobs=2, bytes=60)
    await of.check(40)
    with pytest.raises(Forbidden, match="60 of 100 bytes are kept for this key, and 41 more"):
        await of.check(41)
    rows.kept[KEY] = Usage(jobs=3)
    with pytest.raises(Forbidden, match="3 of 3 jobs are kept") as caught:
        await of.check()
    assert caught.value.code == "quota.exceeded"


async def test_a_quota_of_its_own_goes_before_the_usual_one_also_one_without_bound(
    rows: Rows,
) -> None:
    of = Quotas(rows.used, Quota(jobs=1))
    rows.kept[KEY] = Usage(jobs=5)
    granted.set(Quota(jobs=6))
    await of.check()
    granted.set(Quota(jobs=0))
    await of.check()
    granted.set(Quota(bytes=9))
    with pytest.raises(Forbidden):
        await of.check()


async def test_nobody_is_asked_where_there_is_no_key_or_no_quota(rows: Rows) -> None:
    await Quotas(rows.used, Quota(jobs=0, bytes=0)).check(1 << 60)
    requester.set(None)
    await Quotas(rows.used, Quota(jobs=1)).check()
    assert rows.asked == 0


async def test_what_is_on_its_way_counts_until_it_is_let_go(rows: Rows) -> None:
    of = Quotas(rows.used, Quota(bytes=100))
    await of.hold("one", 60)
    await of.hold("one", 90)
    with pytest.raises(Forbidden, match="90 of 100"):
        await of.hold("two", 20)
    of.let_go("one")
    await of.hold("two", 20)


async def test_another_key_has_room_of_its_own(rows: Rows) -> None:
    of = Quotas(rows.used, Quota(jobs=1))
    await of.hold("one", 0)
    requester.set("another")
    await of.hold("two", 0)


async def test_bytes_are_counted_as_they_come_and_the_last_ones_too(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "CHECK_EVERY", 10)
    of = Quotas(rows.used, Quota(bytes=25))
    assert await read(of.guarded("one", sent(10, 10, 5))) == 25
    of.let_go("one")
    with pytest.raises(Forbidden):
        await read(of.guarded("two", sent(10, 10, 6)))
    of.let_go("two")
    came = of.guarded("three", sent(10, 10, 10, 10))
    assert [len(await anext(came)) for _ in range(2)] == [10, 10]
    with pytest.raises(Forbidden):
        await anext(came)


async def test_of_many_at_once_no_more_get_in_than_there_is_room_for(rows: Rows) -> None:
    of = Quotas(rows.used, Quota(jobs=3))

    async def one(name: str) -> bool:
        try:
            await of.hold(name, 0)
        except Forbidden:
            return False
        await asyncio.sleep(0)
        before = rows.kept.get(KEY, Usage())
        rows.kept[KEY] = before + Usage(jobs=1)
        of.let_go(name)
        return True

    assert sum(await asyncio.gather(*(one(str(number)) for number in range(20)))) == 3


@pytest.mark.parametrize("fits", [True, False])
async def test_what_is_just_being_committed_is_not_counted_twice(rows: Rows, fits: bool) -> None:
    """Of two uploads that ended at once the second was refused, though there was room for it."""
    of = Quotas(rows.used, Quota(jobs=2 if fits else 1))
    await of.hold("one", 0)
    of.land("one")
    rows.kept[KEY] = Usage(jobs=1)  # and nobody has heard of it yet
    second = asyncio.create_task(of.hold("two", 0))
    await asyncio.sleep(0)  # it has looked
    assert not second.done()
    of.let_go("one")
    if fits:
        await second
    else:
        with pytest.raises(Forbidden, match="1 of 1 jobs"):
            await second


async def test_what_was_fetched_is_held_against_the_quota_of_its_key(rows: Rows) -> None:
    async def own(key: str) -> Quota:
        return Quota(jobs=1, bytes=20) if key == KEY else USUAL

    of = Quotas(rows.used, Quota(bytes=10), own=own)
    requester.set(None)
    rows.kept = {KEY: Usage(jobs=5, bytes=5), "another": Usage(bytes=5)}
    await of.fetched(fetched_for(KEY), 15)
    with pytest.raises(Forbidden, match="5 of 20 bytes are kept for this key, and 16 more"):
        await of.fetched(fetched_for(KEY), 16)
    with pytest.raises(Forbidden, match="5 of 10 bytes"):
        await of.fetched(fetched_for("another"), 6)
    await of.fetched(fetched_for(None), 1 << 60)
    await of.fetched(replace(fetched_for(KEY), size=16), 16)  # it counts already
    await Quotas(rows.used, Quota()).fetched(fetched_for(KEY), 1 << 60)


def fetched_for(key: str | None) -> Job:
    now = utc_now()
    return Job(
        job_id="one",
        status=JobStatus.RUNNING,
        source=SourceKind.URL,
        source_name="x",
        input_path="http://x",
        created_at=now,
        updated_at=now,
        requester=key,
    )


async def test_what_is_committed_while_somebody_looks_is_seen(rows: Rows) -> None:
    of = Quotas(rows.used, Quota(jobs=1))
    await of.hold("one", 0)
    rows.meanwhile = asyncio.Event()
    second = asyncio.create_task(of.hold("two", 0))
    await asyncio.sleep(0)  # it has read the rows
    rows.kept[KEY] = Usage(jobs=1)
    of.let_go("one")
    rows.meanwhile.set()
    with pytest.raises(Forbidden):
        await second
