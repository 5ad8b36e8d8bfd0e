"""What every `ResumableFiles` owes to its callers."""

import hashlib
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.errors import Forbidden, NotFound, StorageFull
from app.ports import BlobStore, ResumableFiles
from tests.contracts.conftest import Shelf, local_shelf
from tests.smalldisk import MiB, mounted_or_skipped

KEY = f"uploads/{uuid.uuid4()}"
TARGET = "video_jobs/x.mp4"


async def grown(files: ResumableFiles, size: int, *blocks: bytes) -> int:
    async with files.grow(KEY, size) as file:
        for block in blocks:
            await file.append(block)
        return await file.sync()


async def moved(files: ResumableFiles, blobs: BlobStore) -> bytes:
    await files.finish(KEY, TARGET)
    return await blobs.load_file(TARGET)


async def test_it_grows_over_several_openings(resumable: ResumableFiles, blobs: BlobStore) -> None:
    assert await grown(resumable, 0, b"one ", b"two ") == 8
    assert await grown(resumable, 8, b"three") == 13
    assert await moved(resumable, blobs) == b"one two three"


async def test_what_was_never_counted_is_cut_off(
    resumable: ResumableFiles, blobs: BlobStore
) -> None:
    await grown(resumable, 0, b"counted, not counted")
    assert await grown(resumable, 7, b"!") == 8
    assert await moved(resumable, blobs) == b"counted!"


async def test_from_zero_it_is_a_new_file(resumable: ResumableFiles, blobs: BlobStore) -> None:
    await grown(resumable, 0, b"old and long")
    await grown(resumable, 0, b"new")
    assert await moved(resumable, blobs) == b"new"


async def test_a_cut_forgets_the_end_and_it_goes_on_there(
    resumable: ResumableFiles, blobs: BlobStore
) -> None:
    async with resumable.grow(KEY, 0) as file:
        await file.append(b"good bad")
        await file.cut(5)
        await file.append(b"again")
        assert await file.sync() == 10
    assert await moved(resumable, blobs) == b"good again"


async def test_a_file_that_is_shorter_than_it_was_is_not_found(resumable: ResumableFiles) -> None:
    with pytest.raises(NotFound):
        await grown(resumable, 1)
    await grown(resumable, 0, b"four")
    with pytest.raises(NotFound):
        await grown(resumable, 5)


async def test_the_hash_is_that_of_all_its_bytes(resumable: ResumableFiles) -> None:
    blocks = [bytes([number]) * MiB for number in range(70)]  # more than one stretch
    await grown(resumable, 0, *blocks)
    assert await resumable.sha256(KEY) == hashlib.sha256(b"".join(blocks)).hexdigest()


async def test_what_it_has_so_far_can_be_read(resumable: ResumableFiles) -> None:
    await grown(resumable, 0, b"one ", b"two ")
    await grown(resumable, 8, b"three")
    with closing(await resumable.open(KEY)) as file:
        assert file.size == 13
        read = b""
        while piece := await file.read(len(read), 6):
            assert len(piece) <= 6
            read += piece
        assert read == b"one two three"
        assert await file.read(2, 2) == b"e "


async def test_finishing_again_changes_nothing(resumable: ResumableFiles, blobs: BlobStore) -> None:
    await grown(resumable, 0, b"whole")
    await resumable.finish(KEY, TARGET)
    assert await moved(resumable, blobs) == b"whole"
    assert await resumable.delete_file(KEY) is False


async def test_nothing_is_left_of_it_but_the_whole_file(shelf: Shelf) -> None:
    await grown(shelf.resumable, 0, b"old and long")
    await grown(shelf.resumable, 3, b" new")
    await grown(shelf.resumable, 7, b"er")
    await shelf.resumable.finish(KEY, TARGET)
    assert shelf.keys() == {TARGET}
    assert await shelf.blobs.load_file(TARGET) == b"old newer"


async def test_what_is_deleted_leaves_nothing(shelf: Shelf) -> None:
    await grown(shelf.resumable, 0, b"one")
    await grown(shelf.resumable, 3, b"two")
    assert await shelf.resumable.delete_file(KEY) is True
    assert shelf.keys() == set()


async def test_what_is_not_there_is_not_found(resumable: ResumableFiles) -> None:
    with pytest.raises(NotFound):
        await resumable.sha256(KEY)
    with pytest.raises(NotFound):
        await resumable.finish(KEY, TARGET)
    with pytest.raises(NotFound):
        await resumable.open(KEY)
    assert await resumable.delete_file(KEY) is False


async def test_deleting_says_whether_there_was_one(resumable: ResumableFiles) -> None:
    await grown(resumable, 0, b"x")
    assert await resumable.delete_file(KEY) is True
    assert await resumable.delete_file(KEY) is False


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../../b", "", "a//b", "x\0"])
async def test_no_key_leads_out(resumable: ResumableFiles, key: str) -> None:
    with pytest.raises(Forbidden):
        await resumable.sha256(key)
    with pytest.raises(Forbidden):
        await resumable.open(key)
    with pytest.raises(Forbidden):
        await resumable.delete_file(key)
    with pytest.raises(Forbidden):
        await resumable.finish(key, TARGET)
    with pytest.raises(Forbidden):
        await resumable.finish(KEY, key)
    with pytest.raises(Forbidden):
        async with resumable.grow(key, 0):
            pass


async def test_on_a_full_disk_it_knows_how_much_got_through(tmp_path: Path) -> None:
    with mounted_or_skipped(tmp_path / "disk", 8 * MiB) as disk:
        files = local_shelf(disk.path).resumable
        async with files.grow(KEY, 0) as file:
            with pytest.raises(StorageFull):
                for _ in range(64):
                    await file.append(b"x" * (3 * MiB))
            size = await file.sync()
        assert 0 < size <= 8 * MiB and size % (3 * MiB), "the last block got through in part"
        assert await files.sha256(KEY) == hashlib.sha256(b"x" * size).hexdigest()
