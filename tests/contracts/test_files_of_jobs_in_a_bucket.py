"""What the sweep of leftovers finds in a bucket, and what it does with it."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.clock import utc_now
from app.domain.errors import StorageError
from tests.buckets import Buckets

if TYPE_CHECKING:
    from app.adapters.object_store import ObjectStorage

FOLDER = "audio_jobs"
DAY, YOUNG = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def at(s3_server: Buckets) -> "Callable[[timedelta], ObjectStorage]":
    """`at(later)`: the bucket of this test, looked at so much later than it is."""
    from app.adapters.object_store import ObjectStorage, open_store

    store = open_store(s3_server.made(), s3_server.options)

    def look(later: timedelta) -> "ObjectStorage":
        return ObjectStorage(store, young=YOUNG, now=lambda: _now() + later)

    return look


def _now() -> datetime:
    return utc_now()


async def nothing() -> AsyncIterator[bytes]:
    yield b"x"


async def found(files: "ObjectStorage", folder: str = FOLDER) -> dict[str, str]:
    return {key: job_id async for batch in files.job_files(folder) for key, job_id in batch.items()}


async def test_files_of_jobs_are_told_with_their_job_and_strangers_are_not(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    files, jobs = at(DAY), [str(uuid.uuid4()) for _ in range(3)]
    ours = {f"{FOLDER}/{job_id}.wav": job_id for job_id in jobs}
    strangers = (f"{FOLDER}/notes.txt", f"{FOLDER}/deeper/{jobs[0]}.wav", f"{FOLDER}_2/x.wav")
    for key in (*ours, *strangers):
        await files.save_file(key, nothing())
    assert await found(files) == ours


async def test_what_is_young_may_be_another_instances(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    key = f"{FOLDER}/{uuid.uuid4()}.wav"
    await at(timedelta()).save_file(key, nothing())
    assert await found(at(timedelta())) == {}
    assert set(await found(at(DAY))) == {key}


async def test_who_asks_for_all_is_told_the_young_ones_too(s3_server: Buckets) -> None:
    """A backup lacked the files of the last hour."""
    from app.adapters.object_store import ObjectStorage, open_store

    files = ObjectStorage(open_store(s3_server.made(), s3_server.options))
    key = f"{FOLDER}/{uuid.uuid4()}.wav"
    await files.save_file(key, nothing())
    assert set(await found(files)) == {key}


async def test_parts_of_an_upload_under_way_are_its_files(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    upload_id = str(uuid.uuid4())
    key = f"uploads/{upload_id}/{0:020}"
    await at(DAY).save_file(key, nothing())
    assert await found(at(DAY), "uploads") == {key: upload_id}


async def test_files_are_removed_or_set_aside_many_at_once(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    files, keys = at(DAY), [f"{FOLDER}/{uuid.uuid4()}.wav" for _ in range(4)]
    for key in keys:
        await files.save_file(key, nothing())
    await files.remove(keys[:2])
    place = await files.set_aside(keys[2:], "quarantine/then")
    assert await found(files) == {}
    assert [await files.load_file(f"{place}/{key}") for key in keys[2:]] == [b"x", b"x"]
    await files.remove(keys[:2])


async def test_a_bucket_that_minds_what_is_gone_is_asked_one_by_one(
    at: "Callable[[timedelta], ObjectStorage]", monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    files, keys = at(DAY), [f"{FOLDER}/{uuid.uuid4()}.wav" for _ in range(3)]
    for key in keys[1:]:
        await files.save_file(key, nothing())
    removed = obstore.delete_async

    async def minds(store: Any, paths: str | list[str]) -> None:
        if not isinstance(paths, str):
            raise FileNotFoundError(paths[0])
        await removed(store, paths)

    monkeypatch.setattr(obstore, "delete_async", minds)
    await files.remove(keys)
    assert await found(files) == {}


async def test_what_was_written_later_than_asked_for_is_passed_over(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    files, key = at(DAY), f"{FOLDER}/{uuid.uuid4()}.wav"
    await files.save_file(key, nothing())
    for before, told in ((_now() - DAY, []), (_now() + DAY, [{key: key[-40:-4]}])):
        assert [batch async for batch in files.job_files(FOLDER, before)] == told


async def test_what_is_replaced_while_it_is_read_is_not_taken_for_one_file(
    at: "Callable[[timedelta], ObjectStorage]",
) -> None:
    files, key = at(DAY), f"{FOLDER}/{uuid.uuid4()}.wav"
    await files.save_file(key, large(b"old"))
    with closing(await files.open(key)) as file:
        assert await file.read(0, 3) == b"old"
        await files.save_file(key, large(b"new"))
        with pytest.raises(StorageError, match="was replaced while it was read"):
            await file.read(2_999_997, 3)


async def large(word: bytes) -> AsyncIterator[bytes]:
    """More than is fetched at once."""
    yield word * 1_000_000
