"""What every `BlobStore` owes to its callers."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import Forbidden, NotFound, StorageFull, TooLarge
from app.ports import BlobStore
from tests.contracts.conftest import Shelf, keys_below, local_shelf
from tests.smalldisk import MiB, SmallDisk, mounted_or_skipped

KEY = "video_jobs/x.mp4"
SECOND = 10**9  # nanoseconds


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken_off(*parts: bytes, error: BaseException) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise error


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"",),
        (b"hello",),
        (b"a", b"", b"b"),
        (b"x" * 1024,) * 3000,
        (b"y" * 5_000_000, b"z"),
        (b"w" * 4_000_000, b"v" * 4_000_000) * 3,
    ],
    ids=["nothing", "empty", "one", "with empty ones", "many small", "one large", "many large"],
)
async def test_what_is_saved_is_what_is_loaded(blobs: BlobStore, parts: tuple[bytes, ...]) -> None:
    whole = b"".join(parts)
    assert await blobs.save_file(KEY, chunks(*parts)) == len(whole)
    assert await blobs.load_file(KEY) == whole
    with closing(await blobs.open(KEY)) as file:
        assert file.size == len(whole)
        assert await file.read(0, len(whole) + 1) == whole


async def test_saving_again_replaces(blobs: BlobStore) -> None:
    await blobs.save_file(KEY, chunks(b"the first, which is longer"))
    await blobs.save_file(KEY, chunks(b"second"))
    assert await blobs.load_file(KEY) == b"second"


async def test_what_is_not_there_is_not_found(blobs: BlobStore) -> None:
    await blobs.save_file(KEY, chunks(b"x"))
    for absent in ("video_jobs/y.mp4", "nowhere/x.mp4", f"{KEY}/inside", "video_jobs"):
        with pytest.raises(NotFound):
            await blobs.load_file(absent)
        with pytest.raises(NotFound):
            await blobs.open(absent)
        assert await blobs.delete_file(absent) is False


async def test_deleting_says_whether_there_was_one(blobs: BlobStore) -> None:
    await blobs.save_file(KEY, chunks(b"x"))
    assert await blobs.delete_file(KEY) is True
    assert await blobs.delete_file(KEY) is False
    with pytest.raises(NotFound):
        await blobs.load_file(KEY)


async def test_many_are_removed_at_once_whether_they_are_there_or_not(shelf: Shelf) -> None:
    keys = [f"{folder}/{number}.mp4" for folder in ("audio_jobs", "video_jobs") for number in "ab"]
    for key in keys:
        await shelf.blobs.save_file(key, chunks(b"x"))
    await shelf.blobs.remove([*keys[1:], "nowhere/x.mp4", "audio_jobs/c.mp4"])
    assert shelf.keys() == {keys[0]}


@pytest.mark.parametrize(
    ("first", "number", "piece"),
    [(0, 4, b"0123"), (3, 4, b"3456"), (8, 4, b"89"), (9, 1, b"9"), (10, 4, b""), (99, 4, b"")],
)
async def test_any_piece_of_a_file_can_be_read(
    blobs: BlobStore, first: int, number: int, piece: bytes
) -> None:
    await blobs.save_file(KEY, chunks(b"0123456789"))
    with closing(await blobs.open(KEY)) as file:
        assert await file.read(first, number) == piece


async def test_when_a_file_was_written_is_told(blobs: BlobStore) -> None:
    """By a clock that may be another's, and only knows seconds."""
    before = time.time_ns() - 5 * SECOND
    await blobs.save_file(KEY, chunks(b"x"))
    with closing(await blobs.open(KEY)) as file:
        assert before <= file.modified <= time.time_ns() + 5 * SECOND


# limits and failures


async def test_the_limit_itself_is_allowed(blobs: BlobStore) -> None:
    assert await blobs.save_file(KEY, chunks(b"123", b"45"), limit=5) == 5


@pytest.mark.parametrize("parts", [(b"123456",), (b"123", b"456"), (b"12345", b"6" * 3_000_000)])
async def test_past_the_limit_nothing_is_kept(shelf: Shelf, parts: tuple[bytes, ...]) -> None:
    with pytest.raises(TooLarge):
        await shelf.blobs.save_file(KEY, chunks(*parts), limit=5)
    assert shelf.keys() == set()


async def test_past_the_limit_nothing_more_is_read(blobs: BlobStore) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    with pytest.raises(TooLarge):
        await blobs.save_file(KEY, endless(), limit=5_500)
    assert read == 6


@pytest.mark.parametrize("size", [10, 3_000_000])
async def test_a_source_that_breaks_off_leaves_nothing_behind(shelf: Shelf, size: int) -> None:
    with pytest.raises(ConnectionResetError):
        await shelf.blobs.save_file(KEY, broken_off(b"x" * size, error=ConnectionResetError()))
    assert shelf.keys() == set()


async def test_a_long_source_that_breaks_off_leaves_nothing_behind(shelf: Shelf) -> None:
    """Much of it has gone through by then."""
    parts = (b"x" * 4_000_000,) * 8
    with pytest.raises(ConnectionResetError):
        await shelf.blobs.save_file(KEY, broken_off(*parts, error=ConnectionResetError()))
    assert shelf.keys() == set()


async def test_a_long_save_that_is_cancelled_leaves_nothing_behind(shelf: Shelf) -> None:
    begun, ending = asyncio.Event(), asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 4_000_000
        begun.set()
        await ending.wait()

    saving = asyncio.ensure_future(shelf.blobs.save_file(KEY, held()))
    await begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert shelf.keys() == set()


async def test_a_source_that_breaks_off_leaves_the_old_file_whole(shelf: Shelf) -> None:
    await shelf.blobs.save_file(KEY, chunks(b"old"))
    with pytest.raises(ConnectionResetError):
        await shelf.blobs.save_file(KEY, broken_off(b"x" * 3_000_000, error=ConnectionResetError()))
    assert await shelf.blobs.load_file(KEY) == b"old"
    assert shelf.keys() == {KEY}


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20, 100])
async def test_a_save_that_is_cancelled_leaves_nothing_behind(shelf: Shelf, turns: int) -> None:
    """Wherever it is caught: a turn of the loop is less than a hop to a thread."""
    ending = asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 2_000_000
        await ending.wait()

    saving = asyncio.ensure_future(shelf.blobs.save_file(KEY, held()))
    for _ in range(turns):
        await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert shelf.keys() == set()


async def test_two_saves_of_one_key_leave_one_of_them_whole(shelf: Shelf) -> None:
    bodies = [bytes([number]) * 2_000_000 for number in range(4)]
    await asyncio.gather(*(shelf.blobs.save_file(KEY, chunks(body)) for body in bodies))
    assert await shelf.blobs.load_file(KEY) in bodies
    assert shelf.keys() == {KEY}


# keys


BAD_KEYS = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../x",
    "a/..",
    "./x",
    "a/./x",
    "a//x",
    "a/",
    "\\x",
    "a\\..\\x",
    "C:\\x",
    "a\0b",
    "a\ud800b",
    "n" * 256,
    "é" * 128,
    "video_jobs/.0123456789abcdef0123456789abcdef.part",
    "video_jobs/7b2c9c3e-6f0a-4f57-9d2e-0f6f1c1b9f11.mp4.part",
]


@pytest.mark.parametrize("key", BAD_KEYS, ids=[ascii(key)[:20] for key in BAD_KEYS])
async def test_a_key_that_could_lead_elsewhere_is_forbidden(blobs: BlobStore, key: str) -> None:
    await _refused(blobs, key)


@pytest.mark.parametrize(
    "key", ["x", "a/b/c/d", "...", "a..b", ".hidden", "übung/東京.mp4", "x.part", "x.mp4.part"]
)
async def test_an_odd_key_that_stays_inside_is_a_key(blobs: BlobStore, key: str) -> None:
    await blobs.save_file(key, chunks(b"x"))
    assert await blobs.load_file(key) == b"x"


@given(key=st.text(alphabet=st.sampled_from("./\\ab\0~%"), max_size=12))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_key_leads_out_of_the_place(shelf: Shelf, key: str) -> None:
    root = shelf.scratch.path("anchor").parent
    try:
        path = shelf.scratch.path(key)
    except Forbidden:
        return
    assert path.resolve().is_relative_to(root) and path != root


async def _refused(blobs: BlobStore, key: str) -> None:
    for call in (
        blobs.save_file(key, chunks(b"x")),
        blobs.load_file(key),
        blobs.delete_file(key),
        blobs.open(key),
    ):
        with pytest.raises(Forbidden):
            await call


# a full disk


@pytest.fixture
def cramped(small_disk: SmallDisk) -> BlobStore:
    """A store on a disk of 8 MiB."""
    return local_shelf(small_disk.path).blobs


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", 8 * MiB) as disk:
        yield disk


async def endlessly(chunk: bytes) -> AsyncIterator[bytes]:
    while True:
        yield chunk


@pytest.mark.parametrize("size", [1000, 64 * 1024, 3 * MiB])
async def test_a_disk_that_fills_up_in_the_middle_keeps_nothing_of_it(
    cramped: BlobStore, small_disk: SmallDisk, size: int
) -> None:
    await cramped.save_file("video_jobs/before.mp4", chunks(b"before"))
    free = small_disk.free()
    with pytest.raises(StorageFull):
        await cramped.save_file(KEY, endlessly(b"x" * size))
    assert keys_below(small_disk.path / "blobs") == {"video_jobs/before.mp4"}
    assert small_disk.free() == free
    assert await cramped.load_file("video_jobs/before.mp4") == b"before"


async def test_a_disk_that_was_full_takes_files_again_by_itself(
    cramped: BlobStore, small_disk: SmallDisk
) -> None:
    small_disk.fill()
    for key in (KEY, "results/x.json"):
        with pytest.raises(StorageFull):
            await cramped.save_file(key, chunks(b"x" * MiB))
    small_disk.grow(16 * MiB)
    for key in (KEY, "results/x.json"):
        assert await cramped.save_file(key, chunks(b"x" * MiB)) == MiB


async def test_a_full_disk_keeps_the_old_file_whole(
    cramped: BlobStore, small_disk: SmallDisk
) -> None:
    await cramped.save_file(KEY, chunks(b"old"))
    small_disk.fill(leave=MiB)
    with pytest.raises(StorageFull):
        await cramped.save_file(KEY, chunks(b"new" * MiB))
    assert await cramped.load_file(KEY) == b"old"


async def test_on_a_full_disk_files_are_read_and_deleted(
    cramped: BlobStore, small_disk: SmallDisk
) -> None:
    await cramped.save_file(KEY, chunks(b"x" * MiB))
    small_disk.fill()
    assert len(await cramped.load_file(KEY)) == MiB
    assert await cramped.delete_file(KEY)
    assert small_disk.free() == MiB
