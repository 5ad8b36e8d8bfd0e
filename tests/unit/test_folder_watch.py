"""Watched folders: each file is taken once, as soon as it is whole."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from loguru import logger

from app.adapters.sql.database import Database
from app.adapters.sql.watched import SqlWatchNotes
from app.domain.errors import StorageError
from app.domain.jobs import Job, JobStatus, SourceKind
from app.domain.media_types import MediaType
from app.domain.watched import WatchedFile
from app.services.folder_watch import FolderWatch
from tests.unit.test_intake import an_intake, uploaded
from tests.unit.workbench import Workbench, opened

SETTLE = 5.0


class Watched:
    """A folder, and the watch over it. `restart` forgets all but what is noted."""

    def __init__(self, bench: Workbench, database: Database) -> None:
        self.bench, self.database = bench, database
        self.folder = bench.folder.resolve() / "inbox"
        self.folder.mkdir()
        self.time = 0.0
        self.restart()

    def restart(self) -> None:
        self.notes = SqlWatchNotes(self.database)
        self.watch = FolderWatch(
            folders=(self.folder,),
            leave_out=self.folder / "data",
            notes=self.notes,
            store=self.bench.store,
            intake=an_intake(self.bench),
            settle=SETTLE,
            clock=lambda: self.time,
        )

    def write(self, name: str, content: bytes = b"content") -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    async def look(self, later: float = 0.0) -> int:
        self.time += later
        return await self.watch.run_once()

    async def settle(self) -> int:
        return await self.look() + await self.look(SETTLE)

    async def jobs(self) -> list[Job]:
        """Oldest first."""
        return list((await self.bench.store.list()).jobs)[::-1]


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Watched]:
    async with opened(tmp_path) as bench:
        async with Database(f"sqlite:///{tmp_path}/spool.db") as database:
            yield Watched(bench, database)


async def test_a_file_is_taken_where_it_lies_once_it_stays_as_it_is(inbox: Watched) -> None:
    file = inbox.write("talks/newton.MP4")
    assert (await inbox.look(), await inbox.look(SETTLE - 1)) == (0, 0)
    assert await inbox.look(1) == 1
    [job] = await inbox.jobs()
    assert (job.source, job.input_path) == (SourceKind.PATH, str(file))
    assert (job.title, job.media_type, job.sha256 is None) == ("newton.MP4", MediaType.VIDEO, False)
    assert await inbox.bench.queue.dequeue() == {"job_id": job.job_id}


async def test_a_file_that_still_grows_is_left_alone(inbox: Watched) -> None:
    for size in (10, 20, 30):
        inbox.write("talk.mp4", b"x" * size)
        assert await inbox.look(SETTLE) == 0
    assert await inbox.look(SETTLE) == 1
    assert len(await inbox.jobs()) == 1


async def test_a_file_written_anew_with_as_many_bytes_has_changed(inbox: Watched) -> None:
    file = inbox.write("talk.mp4", b"one")
    await inbox.look()
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert await inbox.look(SETTLE) == 0
    assert await inbox.look(SETTLE) == 1


async def test_it_is_taken_once_also_after_restarts(inbox: Watched) -> None:
    inbox.write("talk.mp4")
    assert await inbox.settle() == 1
    assert await inbox.settle() == 0
    inbox.restart()
    assert await inbox.settle() == 0
    assert len(await inbox.jobs()) == 1


async def test_what_its_owner_deleted_does_not_come_back(inbox: Watched) -> None:
    inbox.write("talk.mp4")
    await inbox.settle()
    [job] = await inbox.jobs()
    await inbox.bench.store.cancel(job.job_id)
    await inbox.bench.store.delete(job.job_id)
    inbox.restart()
    assert await inbox.settle() == 0
    assert await inbox.jobs() == []


async def test_a_death_before_the_note_makes_no_second_job(
    inbox: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(self: SqlWatchNotes, file: WatchedFile) -> None:
        raise StorageError("gone")

    inbox.write("talk.mp4")
    with monkeypatch.context() as patched:
        patched.setattr(SqlWatchNotes, "note", die)
        assert await inbox.settle() == 0
    inbox.restart()
    assert await inbox.settle() == 1
    assert len(await inbox.jobs()) == 1


async def test_bytes_that_are_known_make_no_job(inbox: Watched) -> None:
    job = await uploaded(an_intake(inbox.bench))
    for name in ("copy.mp4", "other copy.mp4"):
        inbox.write(name, b"something")
    assert await inbox.settle() == 2
    assert [each.job_id for each in await inbox.jobs()] == [job.job_id]
    assert {file.asset_id for file in (await inbox.notes.all()).values()} == {job.asset_id}


async def test_bytes_whose_job_came_to_nothing_are_taken_again(inbox: Watched) -> None:
    job = await uploaded(an_intake(inbox.bench))
    await inbox.bench.store.cancel(job.job_id)
    inbox.write("talk.mp4", b"something")
    await inbox.settle()
    assert [each.status for each in await inbox.jobs()] == [
        JobStatus.CANCELLED,
        JobStatus.PENDING,
    ]


async def test_a_file_that_changes_replaces_what_it_was_and_may_change_back(
    inbox: Watched,
) -> None:
    for content in (b"one", b"two, longer", b"one"):
        inbox.write("notes.md", content)
        assert await inbox.settle() == 1
    jobs = await inbox.jobs()
    assert len(jobs) == 3 and {job.asset_id for job in jobs} == {jobs[0].job_id}
    assert {job.media_type for job in jobs} == {MediaType.TEXT}


async def test_a_file_that_is_only_touched_makes_no_job(inbox: Watched) -> None:
    file = inbox.write("notes.md")
    await inbox.settle()
    os.utime(file, ns=(1, 1))
    assert await inbox.settle() == 1
    assert len(await inbox.jobs()) == 1


async def test_the_services_own_files_are_left_alone(inbox: Watched) -> None:
    inbox.write("data/video_jobs/a.mp4")
    assert await inbox.settle() == 0


async def test_a_trouble_is_told_once_and_ends(inbox: Watched, tmp_path: Path) -> None:
    told: list[str] = []
    handler = logger.add(lambda line: told.append(line.record["message"]), level="WARNING")
    try:
        inbox.folder.rename(tmp_path / "elsewhere")
        for _ in range(3):
            assert await inbox.look() == 0
        (tmp_path / "elsewhere").rename(inbox.folder)
        await inbox.look()
        inbox.folder.rename(tmp_path / "elsewhere")
        await inbox.look()
    finally:
        logger.remove(handler)
    assert told == [f"no folder to watch: {inbox.folder}"] * 2


async def test_a_full_disk_stops_it_until_there_is_space(
    inbox: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(size: int) -> None:
        raise StorageError("no space")

    inbox.write("talk.mp4")
    with monkeypatch.context() as patched:
        patched.setattr(inbox.watch._intake, "make_room", full)
        assert await inbox.settle() == 0
    assert await inbox.look() == 1


async def test_without_folders_it_is_over_at_once(inbox: Watched) -> None:
    inbox.watch._folders = ()
    await inbox.watch.run()
