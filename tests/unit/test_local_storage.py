"""What is true of files on this machine's disk only."""

import asyncio
import errno
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.adapters.local_storage import LocalStorage, ScratchInPlace, part
from app.adapters.local_storage.disk import translated
from app.domain.errors import Forbidden, NotFound, StorageError
from app.domain.jobs import upload_key

KEY = "video_jobs/x.mp4"
MiB = 1024 * 1024


async def repeated(chunk: bytes, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield chunk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


@pytest.fixture
def scratch(root: Path) -> ScratchInPlace:
    return ScratchInPlace(root)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def put(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def names_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if not path.is_dir()}


# links and things that are no files


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x.mp4").write_bytes(b"secret")
    return secret


async def refused(storage: LocalStorage, scratch: ScratchInPlace, key: str) -> None:
    for call in (
        storage.save_file(key, repeated(b"x", 1)),
        storage.load_file(key),
        storage.delete_file(key),
        storage.open(key),
        scratch.bring(key),
        scratch.delete_file(key),
    ):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(Forbidden):
        scratch.path(key)


async def test_a_linked_folder_that_leaves_the_store_is_forbidden(
    storage: LocalStorage, scratch: ScratchInPlace, root: Path, secret: Path
) -> None:
    link(root / "video_jobs", secret)
    await refused(storage, scratch, KEY)
    assert (secret / "x.mp4").read_bytes() == b"secret"


async def test_a_linked_file_that_leaves_the_store_is_forbidden(
    storage: LocalStorage, scratch: ScratchInPlace, secret: Path
) -> None:
    scratch.path(KEY).symlink_to(secret / "x.mp4")
    await refused(storage, scratch, KEY)
    assert (secret / "x.mp4").read_bytes() == b"secret"


async def test_a_loop_of_links_is_forbidden_or_not_there(storage: LocalStorage, root: Path) -> None:
    link(root / "loop", root / "loop")
    with pytest.raises((Forbidden, NotFound, StorageError)):
        await storage.load_file("loop/x")


async def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    storage = LocalStorage(tmp_path / "link")
    await storage.save_file(KEY, repeated(b"x", 1))
    assert (tmp_path / "disk" / KEY).read_bytes() == b"x"


async def test_a_pipe_is_no_file_and_is_not_waited_for(
    storage: LocalStorage, scratch: ScratchInPlace
) -> None:
    os.mkfifo(place := scratch.path(KEY))
    with pytest.raises(NotFound):
        await storage.open(KEY)
    with pytest.raises(NotFound):
        await scratch.bring(KEY)
    with pytest.raises(NotFound):
        scratch.open(place)


# a disk that refuses


def refusing(code: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "storage.full"),
        (errno.EDQUOT, "storage.full"),
        (errno.EIO, "storage.failed"),
        (errno.EROFS, "storage.denied"),
        (errno.EACCES, "storage.denied"),
        (errno.EPERM, "storage.denied"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "rename", "open"])
async def test_a_disk_that_refuses_is_a_storage_error_and_nothing_is_left(
    storage: LocalStorage,
    scratch: ScratchInPlace,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    code: str,
) -> None:
    scratch.path(KEY)
    owner = {"fsync": os, "rename": Path, "open": Path}[call]
    monkeypatch.setattr(owner, call, refusing(number))
    with pytest.raises(StorageError) as caught:
        await storage.save_file(KEY, repeated(b"x" * MiB, 3))
    assert (caught.value.code, caught.value.retryable) == (code, True)
    assert names_below(root) == set()


async def test_a_folder_that_cannot_be_synced_takes_the_file_back(
    storage: LocalStorage, scratch: ScratchInPlace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch.path(KEY)
    monkeypatch.setattr(part, "sync_folder", refusing(errno.EIO))
    with pytest.raises(StorageError):
        await storage.save_file(KEY, repeated(b"x", 1))
    assert names_below(root) == set()


def test_a_really_full_disk_is_a_storage_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(StorageError) as caught, translated():
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")
    assert caught.value.code == "storage.full"


async def test_a_file_where_a_folder_should_be_is_a_storage_error(
    storage: LocalStorage, root: Path
) -> None:
    put(root / "video_jobs")
    with pytest.raises(StorageError):
        await storage.save_file(KEY, repeated(b"x", 1))


# durability, memory, cleaning up


async def test_bytes_folder_and_new_folders_are_synced_before_the_answer(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    await storage.save_file(KEY, repeated(b"x", 1))
    kinds = ["part" if name.endswith(".part") else name for name in synced]
    assert kinds == [root.parent.name, "blobs", "part", "video_jobs"]


async def test_a_long_upload_is_synced_as_it_grows(
    storage: LocalStorage, scratch: ScratchInPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "SYNC_EVERY", 2 * MiB)
    scratch.path(KEY)
    synced: list[int] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size // MiB)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    await storage.save_file(KEY, repeated(b"x" * MiB, 5))
    assert synced[:3] == [2, 4, 5]


async def test_memory_stays_the_same_however_long_the_file(storage: LocalStorage) -> None:
    chunk = b"x" * 65_536
    await storage.save_file("warm/up", repeated(chunk, 20))
    tracemalloc.start()
    try:
        await storage.save_file(KEY, repeated(chunk, 64 * 16))  # 64 MiB
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MiB


async def test_small_chunks_are_collected_before_a_thread_writes_them(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    write = part.Part.write

    def spy(self: part.Part, block: bytes) -> None:
        sizes.append(len(block))
        write(self, block)

    monkeypatch.setattr(part.Part, "write", spy)
    await storage.save_file(KEY, repeated(b"x" * 4096, 600))  # 2.3 MiB
    assert sizes == [MiB, MiB, 88 * 4096]


async def test_a_save_that_is_cancelled_while_it_is_published_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    publish = part.Part.publish

    def cancelled_meanwhile(self: part.Part) -> None:
        loop.call_soon_threadsafe(saving.cancel)
        publish(self)

    monkeypatch.setattr(part.Part, "publish", cancelled_meanwhile)
    saving = asyncio.ensure_future(storage.save_file(KEY, repeated(b"x", 1)))
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert names_below(root) == set()


async def test_a_save_over_an_old_file_cancelled_while_it_is_published_keeps_one(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.save_file(KEY, repeated(b"old", 1))
    monkeypatch.setattr(part, "sync_folder", refusing(errno.EIO))
    with pytest.raises(StorageError):
        await storage.save_file(KEY, repeated(b"new", 1))
    assert names_below(root) == {"x.mp4"}


async def test_a_sweep_removes_what_a_dead_run_left_and_nothing_else(
    storage: LocalStorage, root: Path
) -> None:
    await storage.save_file(KEY, repeated(b"x", 1))
    job_id = "7b2c9c3e-6f0a-4f57-9d2e-0f6f1c1b9f11"
    called_part = upload_key(job_id, "movie.part")
    await storage.save_file(called_part, repeated(b"x", 1))
    for left in (".0123456789abcdef0123456789abcdef.part", f"{job_id}.mp3.part"):
        (root / "video_jobs" / left).write_bytes(b"half")
    put(root / "models" / ".base.k3j2h1g0.part", b"under way in another process")
    assert await storage.sweep_parts() == 2
    assert names_below(root) == {"x.mp4", f"{job_id}.part", ".base.k3j2h1g0.part"}


async def test_a_sweep_of_a_store_that_is_not_there_yet_finds_nothing(
    storage: LocalStorage,
) -> None:
    assert await storage.sweep_parts() == 0


def test_free_space_is_what_the_disk_says(storage: LocalStorage, root: Path) -> None:
    free = storage.free_bytes()
    assert 0 <= free <= os.statvfs(root).f_blocks * os.statvfs(root).f_frsize
