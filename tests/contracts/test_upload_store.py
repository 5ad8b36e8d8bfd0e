"""What every `UploadStore` owes to its callers."""

import asyncio

import pytest

from app.adapters.sql import uploads as rows
from app.adapters.sql.database import Database
from app.adapters.sql.uploads import SqlUploadStore
from app.domain.errors import Conflict
from app.domain.jobs import JobOptions, Priority, Task
from app.domain.uploads import ResumableUpload
from app.ports import UploadStore
from tests.contracts.conftest import UPLOADS_LIVE, OpenStores, SteppedClock, Stores
from tests.contracts.jobs import new_id

OPTIONS = JobOptions(
    language="en", task=Task.TRANSLATE, priority=Priority.BATCH, labels=("a", "b"), title="ö"
)
SHA256 = "ab" * 32


@pytest.fixture
def uploads(stores: Stores) -> UploadStore:
    return stores.uploads


async def begun(
    uploads: UploadStore, *, length: int = 10, upload_id: str | None = None
) -> ResumableUpload:
    return await uploads.add(
        upload_id=upload_id or new_id(),
        filename="talk.mp4",
        length=length,
        told="filename dGFsay5tcDQ=",
        options=OPTIONS,
    )


async def whole(uploads: UploadStore) -> ResumableUpload:
    found = await uploads.note_received(await begun(uploads), 10)
    assert found is not None
    return found


async def hashed(uploads: UploadStore) -> ResumableUpload:
    found = await uploads.note_sha256(await whole(uploads), SHA256)
    assert found is not None
    return found


async def test_what_is_added_is_what_is_got(open_stores: OpenStores, clock: SteppedClock) -> None:
    async with open_stores() as stores:
        added = await begun(stores.uploads, length=1 << 40)
    async with open_stores() as stores:
        assert await stores.uploads.get(added.upload_id) == added
    assert (added.filename, added.length, added.received) == ("talk.mp4", 1 << 40, 0)
    assert (added.told, added.options) == ("filename dGFsay5tcDQ=", OPTIONS)
    assert (added.created_at, added.updated_at) == (clock.now, clock.now)
    assert (added.expires_at - clock.now).total_seconds() == UPLOADS_LIVE
    assert (added.sha256, added.finished_at, added.whole) == (None, None, False)


async def test_the_same_id_twice_is_a_conflict(uploads: UploadStore) -> None:
    added = await begun(uploads)
    with pytest.raises(Conflict):
        await begun(uploads, upload_id=added.upload_id)


@pytest.mark.parametrize("unknown", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "", "\ud800"])
async def test_an_unknown_one_is_none(uploads: UploadStore, unknown: str) -> None:
    assert await uploads.get(unknown) is None
    assert await uploads.delete(unknown) is False


async def test_each_change_lets_it_live_on(uploads: UploadStore, clock: SteppedClock) -> None:
    added = await begun(uploads)
    clock.step(100)
    half = await uploads.note_received(added, 4)
    assert half is not None
    assert (half.received, half.whole) == (4, False)
    assert (half.created_at, half.updated_at) == (added.created_at, clock.now)
    assert (half.expires_at - added.expires_at).total_seconds() == 100
    assert await uploads.get(added.upload_id) == half


async def test_bytes_are_counted_only_on_what_was_read(uploads: UploadStore) -> None:
    added = await begun(uploads)
    at_once = [uploads.note_received(added, 4), uploads.note_received(added, 5)]
    assert sorted(each is None for each in await asyncio.gather(*at_once)) == [False, True]
    await uploads.delete(added.upload_id)
    assert await uploads.note_received(added, 4) is None


async def test_who_claims_it_shuts_out_those_who_read_it_before(
    uploads: UploadStore, clock: SteppedClock
) -> None:
    added = await begun(uploads)
    clock.step(1)
    claimed = await uploads.note_received(added, added.received)
    assert claimed is not None and claimed.received == 0
    assert await uploads.note_received(added, 4) is None
    assert await uploads.note_received(claimed, 5) is not None


async def test_a_backup_is_told_of_all_that_are_no_job_yet(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more than a batch the bytes were left out."""
    monkeypatch.setattr(rows, "BATCH", 2)
    async with Database(database_url) as database:
        uploads = SqlUploadStore(database, UPLOADS_LIVE)
        added = {(await begun(uploads)).upload_id for _ in range(3)}
        assert {each.upload_id for each in await uploads.unfinished()} == added


async def test_more_than_was_announced_is_refused(uploads: UploadStore) -> None:
    with pytest.raises(Conflict):
        await uploads.note_received(await begun(uploads), 11)


async def test_only_a_whole_one_is_hashed_and_only_a_hashed_one_finishes(
    uploads: UploadStore, clock: SteppedClock
) -> None:
    added = await begun(uploads)
    assert await uploads.note_sha256(added, SHA256) is None
    assert await uploads.finish(added) is None
    all_here = await uploads.note_received(added, 10)
    assert all_here is not None and all_here.whole
    assert await uploads.finish(all_here) is None
    with_hash = await uploads.note_sha256(all_here, SHA256)
    assert with_hash is not None and with_hash.sha256 == SHA256
    clock.step(1)
    finished = await uploads.finish(with_hash)
    assert finished is not None and finished.finished_at == clock.now


async def test_finishing_again_changes_nothing(uploads: UploadStore, clock: SteppedClock) -> None:
    ready = await hashed(uploads)
    finished = await uploads.finish(ready)
    clock.step(10)
    assert await uploads.finish(ready) == finished
    assert finished is not None
    assert await uploads.note_received(finished, 10) is None
    await uploads.delete(ready.upload_id)
    assert await uploads.finish(ready) is None


async def test_the_whole_ones_are_those_that_lack_their_job(uploads: UploadStore) -> None:
    await begun(uploads)
    ready, here = await hashed(uploads), await whole(uploads)
    done = await hashed(uploads)
    await uploads.finish(done)
    found = {upload.upload_id for upload in await uploads.whole()}
    assert found == {ready.upload_id, here.upload_id}


async def test_the_expired_are_those_whose_time_is_over(
    uploads: UploadStore, clock: SteppedClock
) -> None:
    first = await begun(uploads)
    clock.step(1)
    second = await begun(uploads)
    clock.step(UPLOADS_LIVE - 1.5)
    assert await uploads.expired() == []
    clock.step(0.5)
    assert [upload.upload_id for upload in await uploads.expired()] == [first.upload_id]
    clock.step(1)
    found = [upload.upload_id for upload in await uploads.expired()]
    assert found == [first.upload_id, second.upload_id]


async def test_those_that_grow_are_told_from_the_rest(uploads: UploadStore) -> None:
    growing, done = await begun(uploads), await hashed(uploads)
    await uploads.finish(done)
    asked = [growing.upload_id, done.upload_id, new_id()]
    assert await uploads.growing(asked) == {growing.upload_id}
    assert await uploads.growing([]) == set()


async def test_those_that_are_hashed_and_no_job_yet_are_told_from_the_rest(
    uploads: UploadStore,
) -> None:
    growing, here = await begun(uploads), await whole(uploads)
    ready, done = await hashed(uploads), await hashed(uploads)
    await uploads.finish(done)
    asked = [growing.upload_id, here.upload_id, ready.upload_id, done.upload_id, new_id()]
    assert await uploads.hashed(asked) == {ready.upload_id}
    assert await uploads.hashed([]) == set()


async def test_deleting_says_whether_there_was_one(uploads: UploadStore) -> None:
    added = await begun(uploads)
    assert await uploads.delete(added.upload_id) is True
    assert await uploads.delete(added.upload_id) is False
    assert await uploads.get(added.upload_id) is None
