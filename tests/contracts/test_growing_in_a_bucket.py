"""A file that grows in a bucket, finished by several at once, or by one that dies over it."""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from tests.buckets import Buckets

if TYPE_CHECKING:
    from app.adapters.object_store import GrowingObjects, ObjectStorage
    from app.adapters.object_store.store import Store

KEY = f"uploads/{uuid.uuid4()}"
TARGET = "video_jobs/x.mp4"
CONTENT = b"one two three"


class Death(BaseException):
    """The process ends here."""


@pytest.fixture
def store(s3_server: Buckets) -> "Store":
    from app.adapters.object_store import open_store

    return open_store(s3_server.made(), s3_server.options)


@pytest.fixture
def storage(store: "Store") -> "ObjectStorage":
    from app.adapters.object_store import ObjectStorage

    return ObjectStorage(store)


@pytest.fixture
async def grown(store: "Store", storage: "ObjectStorage") -> "GrowingObjects":
    """In three parts."""
    from app.adapters.object_store import GrowingObjects

    files, size = GrowingObjects(store, storage), 0
    for block in (CONTENT[:4], CONTENT[4:8], CONTENT[8:]):
        async with files.grow(KEY, size) as file:
            await file.append(block)
            size = await file.sync()
    return files


async def test_what_died_as_it_cleared_up_is_done_again_and_loses_nothing(
    grown: "GrowingObjects", storage: "ObjectStorage", monkeypatch: pytest.MonkeyPatch
) -> None:
    """What parts were left used to be put over the whole file."""
    import obstore

    removed = obstore.delete_async

    async def dying(store: Any, keys: Sequence[str]) -> None:
        await removed(store, keys[-1])  # a bucket removes in any order
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "delete_async", dying)
        with pytest.raises(Death):
            await grown.finish(KEY, TARGET)
    await grown.finish(KEY, TARGET)
    assert await storage.load_file(TARGET) == CONTENT


async def test_of_two_that_finish_it_at_once_the_slower_finds_it_whole(
    grown: "GrowingObjects", store: "Store", storage: "ObjectStorage"
) -> None:
    from app.adapters.object_store import GrowingObjects, ObjectStorage

    class Slow(ObjectStorage):
        async def save_file(
            self, key: str, chunks: AsyncIterator[bytes], *, limit: int | None = None
        ) -> int:
            await grown.finish(KEY, TARGET)
            return await super().save_file(key, chunks, limit=limit)

    await GrowingObjects(store, Slow(store)).finish(KEY, TARGET)
    assert await storage.load_file(TARGET) == CONTENT
    assert await grown.delete_file(KEY) is False
