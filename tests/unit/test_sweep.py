"""Files that no job names, at start; and those of a job that is deleted."""

import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.local_storage import BootMark, LocalStorage, storage
from app.domain.errors import StorageError, StorageFull
from app.domain.jobs import (
    Job,
    JobStatus,
    SourceKind,
    pcm_key,
    result_key,
    upload_key,
    waveform_key,
)
from app.services.job_files import delete_files
from app.services.sweep import FileSweep
from tests.smalldisk import MiB, mounted_or_skipped

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLACE = "quarantine/20260301T120000Z"


@dataclass(kw_only=True)
class Rows:
    """What the database knows."""

    jobs: set[str] = field(default_factory=set)
    boots: set[str] = field(default_factory=set)
    #: Of uploads that are no job yet.
    hashed: set[str] = field(default_factory=set)
    growing: set[str] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        self.asked.append(len(job_ids))
        return self.jobs.intersection(job_ids)

    async def hashed_uploads(self, upload_ids: Sequence[str]) -> set[str]:
        return self.hashed.intersection(upload_ids)

    async def growing_uploads(self, upload_ids: Sequence[str]) -> set[str]:
        return self.growing.intersection(upload_ids)

    async def known(self, boot_id: str) -> bool:
        return boot_id in self.boots

    async def begin(self, boot_id: str) -> None:
        self.boots.add(boot_id)

    def copy(self) -> "Rows":
        """A backup."""
        return Rows(jobs=set(self.jobs), boots=set(self.boots))


@dataclass(frozen=True, kw_only=True)
class House:
    root: Path
    rows: Rows = field(default_factory=Rows)

    @property
    def files(self) -> LocalStorage:
        return LocalStorage(self.root)

    @property
    def mark(self) -> BootMark:
        return BootMark(self.root)

    def sweep(self, files: LocalStorage | None = None, rows: Rows | None = None) -> FileSweep:
        rows = rows or self.rows
        return FileSweep(
            files=files or self.files,
            mark=self.mark,
            boots=rows,
            known_jobs=rows.known_jobs,
            hashed_uploads=rows.hashed_uploads,
            growing_uploads=rows.growing_uploads,
            now=lambda: NOW,
        )

    async def start(self, rows: Rows | None = None) -> int:
        return await self.sweep(rows=rows).run_once(str(uuid.uuid4()))

    async def put(self, key: str) -> str:
        await self.files.save_file(key, one(key.encode()))
        return key

    async def submit(self, suffix: str = ".mp4") -> str:
        """A job with its upload; acknowledged."""
        job_id = str(uuid.uuid4())
        await self.put(upload_key(job_id, f"talk{suffix}"))
        self.rows.jobs.add(job_id)
        self.mark.note(job_id)
        return job_id

    def keys(self) -> set[str]:
        """All files but the mark."""
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix() for path in found} - {".spool.boot"}


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def of_nobody() -> tuple[str, ...]:
    job_id = str(uuid.uuid4())
    made = result_key(job_id), waveform_key(job_id)
    return upload_key(job_id, "x.mp4"), upload_key(str(uuid.uuid4()), "x"), *made


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """After its first start."""
    house = House(root=tmp_path / "data")
    await house.start()
    return house


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    told: list[str] = []
    sink = logger.add(lambda message: told.append(message.record["message"]), level="WARNING")
    yield told
    logger.remove(sink)


# what goes and what stays


async def test_files_of_jobs_stay_and_files_of_nobody_go(house: House) -> None:
    jobs = [await house.submit(suffix) for suffix in (".mp4", ".mp3")]
    kept = {upload_key(jobs[0], "x.mp4"), upload_key(jobs[1], "x.mp3")}
    kept |= {await house.put(key(job)) for job in jobs for key in (result_key, waveform_key)}
    orphans = [await house.put(key) for key in of_nobody()]
    assert await house.start() == len(orphans)
    assert house.keys() == kept
    assert await house.start() == 0


async def test_files_of_uploads_that_are_no_job_yet_stay(house: House) -> None:
    """Also the one of which nothing is missing but the job."""
    growing, whole, nobody = (str(uuid.uuid4()) for _ in range(3))
    house.rows.hashed, house.rows.growing = {whole}, {growing, whole}
    kept = {f"uploads/{growing}", upload_key(whole, "x.wav")}
    for key in (*kept, f"uploads/{nobody}", upload_key(growing, "x.wav")):
        await house.put(key)
    assert await house.start() == 2
    assert house.keys() == kept


async def test_all_decoded_sound_goes_for_it_is_made_again(house: House) -> None:
    job = await house.submit()
    await house.put(pcm_key(job))
    await house.put(pcm_key(str(uuid.uuid4())))
    assert await house.start() == 2
    assert house.keys() == {upload_key(job, "x.mp4")}


async def test_what_is_no_file_of_a_job_is_left_alone(house: House) -> None:
    job_id = str(uuid.uuid4())
    strangers = {
        await house.put(key)
        for key in (
            "spool.db",
            "models/base.bin",
            f"index/{job_id}.lance",
            "video_jobs/notes.txt",
            f"video_jobs/{job_id}.mp4.bak",
            f"video_jobs/{job_id.upper()}.mp4",
            f"video_jobs/folder/{job_id}.mp4",
            f"quarantine/20250101T000000Z/video_jobs/{job_id}.mp4",
        )
    }
    assert await house.start() == 0
    assert house.keys() == strangers


async def test_links_and_folders_with_the_name_of_a_job_are_left_alone(house: House) -> None:
    outside = house.root.parent / "outside"
    link(house.root / f"video_jobs/{uuid.uuid4()}.mp4", outside)
    (house.root / f"results/{uuid.uuid4()}").mkdir(parents=True)
    assert await house.start() == 0
    assert outside.exists()


async def test_a_folder_that_leads_out_of_the_store_is_left_alone(
    house: House, tmp_path: Path, warnings: list[str]
) -> None:
    outside = House(root=tmp_path / "outside")
    orphan = await outside.put(of_nobody()[0])
    (house.root / "video_jobs").symlink_to(outside.root / "video_jobs")
    assert await house.start() == 0
    assert outside.keys() == {orphan}
    assert any("next start" in line for line in warnings)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target.touch()
    path.symlink_to(target)


async def test_a_first_start_finds_nothing_and_warns_of_nothing(
    tmp_path: Path, warnings: list[str]
) -> None:
    house = House(root=tmp_path / "data")
    assert await house.start() == 0
    assert (house.keys(), warnings) == (set(), [])


async def test_many_files_are_asked_for_in_batches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "BATCH", 10)
    jobs = [await house.submit() for _ in range(25)]
    house.rows.jobs = set(jobs[:-1])
    house.mark.note(jobs[0])
    house.rows.asked.clear()
    assert await house.start() == 1
    assert house.rows.asked == [1, 10, 10, 5]
    assert len(house.keys()) == 24


# a database that is older than the files


async def test_files_newer_than_the_database_are_set_aside_not_deleted(
    house: House, warnings: list[str]
) -> None:
    old = await house.submit()
    backup = house.rows.copy()
    await house.start()
    new = await house.submit()
    result = await house.put(result_key(new))
    assert await house.start(backup) == 2
    upload = upload_key(new, "x.mp4")
    assert house.keys() == {upload_key(old, "x.mp4"), f"{PLACE}/{upload}", f"{PLACE}/{result}"}
    assert [PLACE in line and "2 files" in line for line in warnings] == [True]
    assert await house.files.load_file(f"{PLACE}/{upload}") == upload.encode()


async def test_uploads_that_an_older_database_does_not_know_are_set_aside(house: House) -> None:
    known, new, renamed = (str(uuid.uuid4()) for _ in range(3))
    backup = Rows(growing={known, renamed})
    for key in (f"uploads/{known}", f"uploads/{new}", upload_key(renamed, "x.wav")):
        await house.put(key)
    assert await house.start(backup) == 2
    aside = {f"{PLACE}/uploads/{new}", f"{PLACE}/{upload_key(renamed, 'x.wav')}"}
    assert house.keys() == {f"uploads/{known}"} | aside


async def test_a_job_that_an_older_database_knows_as_an_upload_makes_it_no_newer(
    house: House,
) -> None:
    job, backup = await house.submit(), house.rows.copy()
    backup.jobs.clear()
    backup.hashed = backup.growing = {job}
    orphan = await house.put(of_nobody()[0])
    assert await house.start(backup) == 1
    assert house.keys() == {upload_key(job, "x.mp4"), f"{PLACE}/{orphan}"}


async def test_a_backup_of_the_same_start_is_known_by_its_last_job(house: House) -> None:
    """The log was deleted after a crash, or a copy made under way was put back."""
    backup = house.rows.copy()
    await house.submit()
    assert await house.start(backup) == 1
    assert [key.startswith(PLACE) for key in house.keys()] == [True]


async def test_another_database_sets_all_aside(house: House) -> None:
    await house.submit()
    assert await house.start(Rows()) == 1
    assert [key.startswith(PLACE) for key in house.keys()] == [True]


async def test_without_a_mark_files_are_set_aside(house: House) -> None:
    job = await house.submit()
    orphan, *_ = [await house.put(key) for key in of_nobody()]
    (house.root / ".spool.boot").unlink()
    await house.start()
    assert f"{PLACE}/{orphan}" in house.keys()
    assert upload_key(job, "x.mp4") in house.keys()


async def test_once_the_files_are_set_aside_the_next_start_deletes_again(house: House) -> None:
    await house.submit()
    other = Rows()
    assert await house.start(other) == 1
    aside = house.keys()
    await house.put(of_nobody()[0])
    assert await house.start(other) == 1
    assert house.keys() == aside


async def test_a_deleted_job_makes_the_database_none_the_older(house: House) -> None:
    job = await house.submit()
    house.mark.forget(job)
    house.rows.jobs.remove(job)
    assert await house.start() == 1
    assert house.keys() == set()


async def test_forgetting_another_job_than_the_last_changes_nothing(house: House) -> None:
    first, last = await house.submit(), await house.submit()
    house.mark.forget(first)
    assert await house.mark.last_job() == last


# cut short


class Killed(BaseException):
    pass


class Dying(LocalStorage):
    """Dies at its n-th step."""

    def __init__(self, root: Path, steps: int) -> None:
        super().__init__(root)
        self._steps = steps

    def _step(self) -> None:
        if self._steps == 0:
            raise Killed
        self._steps -= 1

    async def job_files(
        self, folder: str, before: datetime | None = None
    ) -> AsyncGenerator[dict[str, str], None]:
        async for batch in super().job_files(folder, before):
            self._step()
            yield batch

    async def remove(self, keys: Sequence[str]) -> None:
        await super().remove(keys[: len(keys) // 2])
        self._step()
        await super().remove(keys)

    async def set_aside(self, keys: Sequence[str], place: str) -> Path:
        await super().set_aside(keys[: len(keys) // 2], place)
        self._step()
        return await super().set_aside(keys, place)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("steps", range(8))
async def test_killed_at_any_point_and_run_again_it_ends_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, steps: int, older: bool
) -> None:
    monkeypatch.setattr(storage, "BATCH", 2)
    job = await house.submit()
    orphans = {await house.put(key) for _ in range(3) for key in of_nobody()}
    await house.put(pcm_key(job))
    rows = Rows(jobs={job}, boots=set() if older else house.rows.boots)
    with pytest.raises(Killed):
        await house.sweep(Dying(house.root, steps), rows).run_once("boot")
    await house.start(rows)
    aside = {f"{PLACE}/{key}" for key in orphans} if older else set()
    assert house.keys() == {upload_key(job, "x.mp4")} | aside


@pytest.mark.parametrize("older", [False, True])
async def test_a_disk_that_refuses_stops_no_start_and_the_next_one_knows_as_much(
    house: House, monkeypatch: pytest.MonkeyPatch, warnings: list[str], older: bool
) -> None:
    class Full(LocalStorage):
        async def remove(self, keys: Sequence[str]) -> None:
            raise StorageFull("the disk is full")

        async def set_aside(self, keys: Sequence[str], place: str) -> Path:
            raise StorageFull("the disk is full")

    await house.submit()
    orphan, *_ = [await house.put(key) for key in of_nobody()]
    rows = Rows() if older else house.rows
    before = await house.mark.read()
    assert await house.sweep(Full(house.root), rows).run_once("boot") == 0
    assert await house.mark.read() == before
    assert any("next start" in line for line in warnings)
    await house.start(rows)
    assert (f"{PLACE}/{orphan}" in house.keys()) is older


async def test_files_are_set_aside_on_a_disk_that_is_really_full(tmp_path: Path) -> None:
    with mounted_or_skipped(tmp_path / "disk", 2 * MiB) as disk:
        house = House(root=disk.path)
        await house.start()
        orphan = await house.put(of_nobody()[0])
        disk.fill()
        await house.start(Rows())
        assert orphan in house.keys() or f"{PLACE}/{orphan}" in house.keys()
        disk.empty()
        await house.start(Rows())
        assert f"{PLACE}/{orphan}" in house.keys()


# the mark


async def test_a_mark_is_read_as_it_was_written(tmp_path: Path) -> None:
    mark = BootMark(tmp_path)
    assert (await mark.read(), await mark.last_job()) == (None, None)
    boot, job, other = (str(uuid.uuid4()) for _ in range(3))
    await mark.write(boot)
    assert (await mark.read(), await mark.last_job()) == (boot, None)
    mark.note(other)
    mark.note(job)
    assert (await BootMark(tmp_path).read(), await mark.last_job()) == (boot, job)
    await mark.write(other)
    assert (await mark.read(), await mark.last_job()) == (other, None)
    assert names(tmp_path) == [".spool.boot"]


@pytest.mark.parametrize(
    ("content", "boot"),
    [(b"", None), (b"\n\n\n", None), (b"\xff\x00 garbage", "\ufffd\0 garbage"), (b" a \n", "a")],
)
async def test_a_mark_that_is_damaged_is_one_that_nobody_knows(
    tmp_path: Path, content: bytes, boot: str | None
) -> None:
    (tmp_path / ".spool.boot").write_bytes(content)
    mark = BootMark(tmp_path)
    assert (await mark.read(), await mark.last_job()) == (boot, None)


def test_a_note_without_a_mark_is_none(tmp_path: Path) -> None:
    BootMark(tmp_path).note("x")
    BootMark(tmp_path).forget("x")
    assert names(tmp_path) == []


async def test_a_note_needs_no_space(tmp_path: Path) -> None:
    with mounted_or_skipped(tmp_path / "disk", 1 * MiB) as disk:
        mark = BootMark(disk.path)
        await mark.write(str(uuid.uuid4()))
        disk.fill()
        job = str(uuid.uuid4())
        mark.note(job)
        assert await mark.last_job() == job


# deletion


def a_job(source: SourceKind, name: str, input_path: Callable[[str], str]) -> Job:
    job_id = str(uuid.uuid4())
    return Job(
        job_id=job_id,
        status=JobStatus.COMPLETED,
        created_at=NOW,
        updated_at=NOW,
        source=source,
        source_name=name,
        input_path=input_path(job_id),
    )


UPLOADED = a_job(SourceKind.UPLOAD, "talk.mp4", lambda job_id: upload_key(job_id, "talk.mp4"))
FETCHED = a_job(SourceKind.URL, "https://example.org/a.mp3", lambda _: "https://example.org/a.mp3")


@pytest.mark.parametrize("job", [UPLOADED, FETCHED], ids=["upload", "url"])
async def test_all_files_of_a_deleted_job_go_and_no_others(house: House, job: Job) -> None:
    other = await house.submit()
    for key in (
        upload_key(job.job_id, job.source_name),
        pcm_key(job.job_id),
        result_key(job.job_id),
        waveform_key(job.job_id),
    ):
        await house.put(key)
    await delete_files(house.files, [job])
    await delete_files(house.files, [job])
    assert house.keys() == {upload_key(other, "x.mp4")}


async def test_a_store_that_fails_leaves_the_files_of_a_deleted_job_to_the_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row was gone, and what was to be done next, as to take it out of the index, was not."""
    await house.put(result_key(UPLOADED.job_id))

    async def away(_: LocalStorage, keys: Sequence[str]) -> None:
        raise StorageError("the object store does not answer as it should")

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "remove", away)
        await delete_files(house.files, [UPLOADED])
    assert house.keys() == {result_key(UPLOADED.job_id)}


async def test_a_file_of_the_machine_outlives_its_job(house: House, tmp_path: Path) -> None:
    own = tmp_path / "own.mp4"
    own.write_text(json.dumps("mine"))
    job = a_job(SourceKind.PATH, str(own), lambda _: str(own))
    await house.put(result_key(job.job_id))
    await delete_files(house.files, [job])
    assert (own.read_text(), house.keys()) == ('"mine"', set())
