"""Who writes a medium or its sound to a full disk says so: the job waits, at no cost."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.egress import UrlFetcher
from app.adapters.local_storage import LocalStorage
from app.domain.errors import Budget, StorageFull
from tests import caged
from tests.smalldisk import KiB, MiB, SmallDisk, mounted_or_skipped

Sound = Callable[[float], Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", 8 * MiB) as disk:
        yield disk


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A file that takes no byte; where nothing may be mounted, too."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "full.part").symlink_to("/dev/full")
    return tmp_path / "full.part"


@pytest.fixture
def full_part(full: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It is what the next download is written to."""
    number = uuid.uuid4()
    monkeypatch.setattr(uuid, "uuid4", lambda: number)
    return full.rename(full.with_name(f".{number.hex}.part"))


@pytest.fixture
def fetcher() -> UrlFetcher:
    return UrlFetcher(max_bytes=16 * MiB, allowed_networks=["127.0.0.1/32"])


def ignore(_: object) -> None:
    pass


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def is_free(error: StorageFull) -> bool:
    return (error.code, error.budget, error.retryable) == ("storage.full", Budget.FREE, True)


@pytest.mark.parametrize("seconds", [0.1, 60.0])
async def test_sound_that_does_not_fit_is_a_full_disk(
    tone: Sound, full: Path, seconds: float
) -> None:
    with pytest.raises(StorageFull) as caught:
        await caged.soundfile(3600).extract(tone(seconds), full, ignore)
    assert is_free(caught.value)


async def test_sound_is_decoded_once_the_disk_has_grown(tone: Sound, small_disk: SmallDisk) -> None:
    source, target = tone(60), small_disk.path / "sound.s16le"
    small_disk.fill(leave=MiB)
    with pytest.raises(StorageFull):
        await caged.soundfile(3600).extract(source, target, ignore)
    small_disk.grow(16 * MiB)
    audio = await caged.soundfile(3600).extract(source, target, ignore)
    assert audio.seconds == pytest.approx(60)


@pytest.mark.parametrize("size", [1, MiB])
async def test_a_download_that_does_not_fit_is_a_full_disk(
    httpserver: HTTPServer, fetcher: UrlFetcher, full_part: Path, size: int
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x" * size)
    with pytest.raises(StorageFull) as caught:
        await fetcher.fetch(httpserver.url_for("/a"), full_part.with_name("a.mp3"), ignore)
    assert is_free(caught.value)
    assert names(full_part.parent) == set()


async def test_a_download_goes_through_once_the_disk_has_grown(
    httpserver: HTTPServer, fetcher: UrlFetcher, small_disk: SmallDisk
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x" * MiB)
    target = small_disk.path / "a.mp3"
    small_disk.fill(leave=512 * KiB)
    with pytest.raises(StorageFull):
        await fetcher.fetch(httpserver.url_for("/a"), target, ignore)
    assert names(small_disk.path) == {"filling"}
    small_disk.grow(16 * MiB)
    assert await fetcher.fetch(httpserver.url_for("/a"), target, ignore) == MiB


@pytest.mark.parametrize("leave", [0, 4 * KiB, 100 * KiB])
async def test_an_upload_to_a_real_full_disk_leaves_not_even_a_folder_in_the_way(
    small_disk: SmallDisk, leave: int
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x" * MiB

    storage = LocalStorage(small_disk.path)
    small_disk.fill(leave=leave)
    with pytest.raises(StorageFull):
        await storage.save_file("video_jobs/x.mp4", body())
    assert small_disk.free() == leave
    small_disk.empty()
    assert await storage.save_file("video_jobs/x.mp4", body()) == MiB
