"""A data folder that may only be read: work is refused in plain words, and waits at no cost."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.local_storage import LocalStorage
from app.domain.errors import (
    Budget,
    EngineCrashed,
    EngineRefused,
    SpoolError,
    StorageDenied,
    StorageError,
    StorageFull,
)
from app.domain.jobs import JobStatus
from app.services.disk import DiskGuard
from tests import caged
from tests.media import tone
from tests.smalldisk import MiB, SmallDisk, mounted_or_skipped
from tests.unit.scripted import Failing, Scripted, run_to_end
from tests.unit.workbench import NoBallast, Workbench, opened, until

KEY = "results/x.json"
NOBODY = 65534


async def body() -> AsyncIterator[bytes]:
    yield b"x"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted_or_skipped(tmp_path / "disk", 8 * MiB) as disk:
        yield disk


@pytest.fixture
def foreign() -> Iterator[Path]:
    """A folder that nobody may write to, not even who runs this."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


# what the store says


async def test_a_disk_that_may_only_be_read_is_told_and_is_well_again_by_itself(
    disk: SmallDisk,
) -> None:
    storage = LocalStorage(disk.path)
    await storage.save_file(KEY, body())
    assert storage.is_writable() and disk.becomes_read_only()
    assert not storage.is_writable()
    for key in (KEY, "pcm/new.s16le", "video_jobs/new.mp4"):
        with pytest.raises(StorageDenied, match="read-only") as caught:
            await storage.save_file(key, body())
        assert caught.value.retryable and caught.value.budget is Budget.FREE
        assert "writable" in (caught.value.hint or "")
    assert await storage.load_file(KEY) == b"x"
    disk.becomes_writable()
    assert storage.is_writable()
    await storage.save_file(KEY, body())


async def test_sound_for_such_a_disk_is_not_the_mediums_fault(
    disk: SmallDisk, tmp_path: Path
) -> None:
    source = tone(tmp_path / "tone.wav", 1.0)
    assert disk.becomes_read_only()
    with pytest.raises(StorageDenied):
        await caged.soundfile(60.0).extract(source, disk.path / "a.s16le", lambda _: None)


@pytest.mark.parametrize("folder", ["pcm", "results", "audio_jobs"])
def test_a_disk_under_one_of_the_folders_counts(tmp_path: Path, folder: str) -> None:
    with mounted_or_skipped(tmp_path / folder, MiB) as disk:
        assert disk.becomes_read_only()
        assert not LocalStorage(tmp_path).is_writable()


def test_a_disk_under_what_is_not_of_jobs_does_not_count(tmp_path: Path) -> None:
    """Models may well lie where nobody can change them."""
    with mounted_or_skipped(tmp_path / "models", MiB) as disk:
        assert disk.becomes_read_only()
        assert LocalStorage(tmp_path).is_writable()


def test_a_folder_that_is_still_to_be_made_is_no_refusal(tmp_path: Path) -> None:
    assert LocalStorage(tmp_path / "data").is_writable()


@pytest.mark.parametrize("mode", [0o555, 0o000])
async def test_a_folder_that_is_somebody_elses_by_now_is_told(foreign: Path, mode: int) -> None:
    storage = LocalStorage(foreign)
    os.chmod(foreign, mode)
    with as_nobody():
        assert not storage.is_writable()
        with pytest.raises(StorageDenied, match="Permission denied"):
            await storage.save_file(KEY, body())
    os.chmod(foreign, 0o777)
    with as_nobody():
        assert storage.is_writable()
        await storage.save_file(KEY, body())


async def test_one_folder_that_is_somebody_elses_is_told_too(foreign: Path) -> None:
    """As after a start by root."""
    os.chmod(foreign, 0o777)
    (foreign / "results").mkdir(mode=0o755)
    with as_nobody():
        assert not LocalStorage(foreign).is_writable()


# what the guard makes of it


class Folder:
    def __init__(self) -> None:
        self.writable = True
        self.asleep = 0

    def guard(self) -> DiskGuard:
        return DiskGuard(
            lambda: 100,
            NoBallast(),
            low=10,
            high=20,
            writable=lambda: self.writable,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.asleep += 1
        await asyncio.sleep(0)


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    told: list[str] = []
    sink = logger.add(lambda message: told.append(message.record["level"].name), level="INFO")
    yield told
    logger.remove(sink)


def test_nothing_is_taken_in_meanwhile_and_it_is_logged_once(
    folder: Folder, lines: list[str]
) -> None:
    guard = folder.guard()
    guard.require()
    folder.writable = False
    for _ in range(3):
        with pytest.raises(StorageDenied, match="read-only") as caught:
            guard.require()
    assert (caught.value.code, caught.value.budget) == ("storage.denied", Budget.FREE)
    assert guard.state().startswith("denied: ") and not guard.is_low()
    folder.writable = True
    guard.require()
    assert (guard.state(), lines) == ("ok", ["ERROR", "INFO"])


async def test_nothing_is_begun_meanwhile(folder: Folder) -> None:
    guard = folder.guard()
    folder.writable = False
    waits = asyncio.create_task(guard.wait_for_space())
    verdict = asyncio.create_task(guard.wait_until_writable())
    await until(lambda: folder.asleep > 5)
    assert not waits.done() and not verdict.done()
    folder.writable = True
    async with asyncio.timeout(30):
        await waits
        await verdict


# what it costs a job


@pytest.fixture
async def bench(tmp_path: Path, folder: Folder) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        bench.disk = folder.guard()
        yield bench


class Losing(Scripted):
    """Fails as told, and meanwhile nothing may be written any more."""

    def __init__(self, error: SpoolError, folder: Folder) -> None:
        super().__init__(error)
        self.begun, self.folder = Losing.Meanwhile(folder), folder

    class Meanwhile(asyncio.Event):
        def __init__(self, folder: Folder) -> None:
            super().__init__()
            self.folder = folder

        def set(self) -> None:
            super().set()
            self.folder.writable = False


@pytest.mark.parametrize(
    "error",
    [
        StorageDenied("the disk refuses: the disk is read-only"),
        StorageError("the database failed: disk I/O error"),
        StorageFull("no space left"),
        EngineCrashed("its log could not be written"),
    ],
)
async def test_whatever_may_pass_costs_nothing_meanwhile(
    bench: Workbench, folder: Folder, error: SpoolError
) -> None:
    job = await bench.upload()
    line = Losing(error, folder)
    worker = bench.worker(pipeline=line.as_pipeline())
    for _ in range(7):  # more often than there are errors to be paid
        folder.writable = True
        await run_to_end(worker)
        waiting = await bench.now(job)
        assert (waiting.status, waiting.attempts, waiting.errors) == (JobStatus.PENDING, 0, 0)
        assert waiting.crashes == 0 and waiting.history == ()
    folder.writable = True
    await run_to_end(bench.worker())
    done = await bench.now(job)
    assert (done.status, done.attempts) == (JobStatus.COMPLETED, 1)


async def test_what_could_not_be_deleted_meanwhile_goes_when_it_can(
    bench: Workbench, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, denied = bench.scratch.delete_file, StorageDenied("the disk refuses")

    async def denying(key: str) -> bool:
        if not folder.writable:
            raise denied
        return await delete(key)

    monkeypatch.setattr(bench.scratch, "delete_file", denying)
    bench.engine.hold.clear()
    worker, job = bench.worker(), await bench.upload()
    run = asyncio.create_task(worker.run_once())
    await until(lambda: bench.engine.at_work > 0)
    folder.writable = False
    bench.engine.hold.set()
    async with asyncio.timeout(30):
        await run
    assert (await bench.now(job)).status is JobStatus.COMPLETED
    assert len(bench.pcm_files()) == 1
    folder.writable = True
    await bench.upload()
    await run_to_end(worker)
    assert bench.pcm_files() == []


async def test_what_never_passes_fails_meanwhile_too(bench: Workbench, folder: Folder) -> None:
    job = await bench.upload()
    await run_to_end(bench.worker(pipeline=Losing(EngineRefused("no"), folder).as_pipeline()))
    assert (await bench.now(job)).status is JobStatus.FAILED


async def test_a_file_that_is_not_ours_in_a_folder_that_is_has_its_price(bench: Workbench) -> None:
    """Else its job would be tried for ever."""
    job = await bench.upload()
    denied = StorageDenied("the disk refuses: Permission denied")
    denied.budget = Budget.ERROR
    await run_to_end(bench.worker(pipeline=Scripted(denied).as_pipeline()))
    assert (await bench.now(job)).errors == 1


async def test_a_verdict_is_written_as_soon_as_it_may_be(bench: Workbench, folder: Folder) -> None:
    """And not only after the long pause that many tries in vain would have come to."""
    job = await bench.upload()
    denied = StorageDenied("the database may only be read")
    store = Failing(bench, succeed=[denied] * 3)
    store.when_refused = lambda: setattr(folder, "writable", False)
    worker = bench.worker(store=store, pipeline=Scripted().as_pipeline())
    run = asyncio.create_task(worker.run_once())
    for refused in (1, 2, 3):
        await until(lambda: folder.asleep > 3)
        assert not run.done() and store.refused == refused
        folder.asleep, folder.writable = 0, True
    async with asyncio.timeout(30):
        await run
    assert (await bench.now(job)).status is JobStatus.COMPLETED
