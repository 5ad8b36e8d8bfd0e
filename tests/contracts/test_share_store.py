"""What every `ShareStore` does."""

from datetime import timedelta

import pytest

from app.domain.errors import Conflict, InvalidRequest
from app.domain.jobs import Job, JobOptions
from app.domain.shares import Share
from tests.contracts.conftest import OpenStores, SteppedClock, Stores
from tests.contracts.jobs import claimed_job, new_id
from tests.contracts.test_transcript_store import transcript

DIGEST = "0123456789abcdef" * 4
OTHER = "f" * 64
HOUR = timedelta(hours=1)


async def heard(stores: Stores, asset_id: str = "a talk") -> Job:
    """A job whose transcript is that of its asset."""
    job = await claimed_job(stores.jobs, options=JobOptions(asset_id=asset_id))
    await stores.transcripts.save(job, transcript("hello"))
    return job


async def added(stores: Stores, job: Job, digest: str = DIGEST, lasts: timedelta = HOUR) -> Share:
    return await stores.shares.add(job_id=job.job_id, lasts=lasts, digest=digest)


async def listed(stores: Stores, asset_id: str | None = None) -> list[Share]:
    """Those of the first page."""
    return list((await stores.shares.list(asset_id)).shares)


async def test_a_link_is_found_by_the_digest_of_its_token_and_nothing_else(
    stores: Stores, clock: SteppedClock
) -> None:
    job = await heard(stores)
    share = await added(stores, job)
    assert (share.asset_id, share.job_id) == ("a talk", job.job_id)
    assert (share.created_at, share.expires_at) == (clock.now, clock.now + HOUR)
    assert await stores.shares.find(DIGEST) == share
    for other in (OTHER, DIGEST.upper(), DIGEST[:-1], "", "%", share.share_id):
        assert await stores.shares.find(other) is None


async def test_links_are_listed_newest_first_of_one_asset_or_of_all(
    stores: Stores, clock: SteppedClock
) -> None:
    assert await listed(stores) == []
    first = await added(stores, await heard(stores))
    clock.step(1)
    second = await added(stores, await heard(stores, "another"), OTHER)
    assert await listed(stores) == [second, first]
    assert await listed(stores, "a talk") == [first]
    assert await listed(stores, "no such") == []


async def test_the_list_has_pages_newest_first(stores: Stores, clock: SteppedClock) -> None:
    """Links of one moment, too, stand on one page each."""
    job, other = await heard(stores), await heard(stores, "another")
    made = []
    for number, step in enumerate((0, 0, 1, 0, 1)):
        clock.step(step)
        made.append(await added(stores, job, f"{number}" * 64))
        await added(stores, other, f"{number:x}f" * 32)
    found: list[Share] = []
    cursor: str | None = None
    for _ in range(3):
        page = await stores.shares.list("a talk", limit=2, cursor=cursor)
        assert len(page.shares) <= 2
        found, cursor = [*found, *page.shares], page.cursor
    assert cursor is None
    assert sorted(each.share_id for each in found) == sorted(each.share_id for each in made)
    assert found[0] == made[4]
    assert {each.share_id for each in found[1:3]} == {each.share_id for each in made[2:4]}


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "\ud800"])
async def test_a_cursor_that_the_share_store_did_not_make_is_refused(
    stores: Stores, cursor: str
) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        await stores.shares.list(cursor=cursor)


async def test_two_links_never_have_one_token(stores: Stores) -> None:
    job = await heard(stores)
    await added(stores, job)
    with pytest.raises(Conflict):
        await added(stores, job)
    assert len(await listed(stores)) == 1


async def test_a_digest_that_is_none_and_a_time_that_is_none_are_refused(stores: Stores) -> None:
    job = await heard(stores)
    for digest, lasts in (("short", HOUR), (DIGEST, timedelta(0)), (DIGEST, -HOUR)):
        with pytest.raises(Conflict):
            await added(stores, job, digest, lasts)


async def test_what_a_job_did_not_find_cannot_be_shared(stores: Stores) -> None:
    for job_id in ((await claimed_job(stores.jobs)).job_id, new_id(), "no id"):
        with pytest.raises(Conflict):
            await stores.shares.add(job_id=job_id, lasts=HOUR, digest=DIGEST)


async def test_a_link_stands_to_the_second(stores: Stores, clock: SteppedClock) -> None:
    share = await added(stores, await heard(stores))
    clock.step(3599)
    assert await stores.shares.find(DIGEST) == share
    clock.step(1)
    assert await stores.shares.find(DIGEST) is None
    assert await listed(stores) == []
    assert await stores.shares.remove(share.share_id) is False


async def test_a_link_that_is_removed_is_no_more(stores: Stores) -> None:
    job = await heard(stores)
    share, other = await added(stores, job), await added(stores, job, OTHER)
    assert await stores.shares.remove(share.share_id) is True
    assert await stores.shares.remove(share.share_id) is False
    assert await stores.shares.find(DIGEST) is None
    assert await listed(stores) == [other]


@pytest.mark.parametrize("unknown", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "", "\ud800"])
async def test_an_unknown_link_cannot_be_removed(stores: Stores, unknown: str) -> None:
    assert await stores.shares.remove(unknown) is False


async def test_a_link_goes_with_the_job_that_found_its_asset(stores: Stores) -> None:
    job = await heard(stores)
    await added(stores, job)
    assert await stores.jobs.cancel(job.job_id) and await stores.jobs.delete(job.job_id)
    assert await stores.shares.find(DIGEST) is None
    assert await listed(stores) == []


async def test_a_link_ends_when_a_later_job_takes_its_asset_in_anew(stores: Stores) -> None:
    await added(stores, await heard(stores))
    later = await heard(stores)
    assert await stores.shares.find(DIGEST) is None
    assert await listed(stores, "a talk") == []
    share = await added(stores, later, OTHER)
    assert await listed(stores, "a talk") == [share]


async def test_a_transcript_that_its_own_job_saves_again_stays_shared(stores: Stores) -> None:
    job = await heard(stores)
    share = await added(stores, job)
    await stores.transcripts.save(job, transcript("hello again"))
    assert await stores.shares.find(DIGEST) == share


async def test_those_that_do_not_stand_are_let_go(stores: Stores, clock: SteppedClock) -> None:
    job = await heard(stores)
    await added(stores, job, "a" * 64, HOUR / 2)
    kept = await added(stores, job, "b" * 64)
    replaced = await heard(stores, "replaced")
    await added(stores, replaced, "c" * 64)
    await heard(stores, "replaced")
    clock.step(HOUR.total_seconds() / 2)
    assert await stores.shares.expire() == 2
    assert await stores.shares.expire() == 0
    assert await listed(stores) == [kept]


async def test_links_are_there_after_a_restart(open_stores: OpenStores) -> None:
    async with open_stores() as stores:
        share = await added(stores, await heard(stores))
    async with open_stores() as stores:
        assert await stores.shares.find(DIGEST) == share
