"""Watched folders: each file is taken once, as soon as it is whole."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.watched import SqlWatchNotes
from app.domain.errors import StorageError
from app.domain.jobs import Job, JobPage, JobStatus, SourceKind
from app.domain.media_types import MediaType
from app.domain.watched import WatchedFile
from app.services import folder_watch
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

    def restart(self, store: SqlJobStore | None = None) -> None:
        self.notes = SqlWatchNotes(self.database)
        self.watch = FolderWatch(
            folders=(self.folder,),
            leave_out=self.folder / "data",
            notes=self.notes,
            store=store or self.bench.store,
            intake=an_intake(self.bench),
            in_place=self.bench.in_place,
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


async def test_two_that_watch_one_folder_take_a_file_once(inbox: Watched) -> None:
    """Of instances on one machine both found that its bytes were not known yet."""

    class Before(SqlJobStore):
        async def list(self, **_: Any) -> JobPage:
            return JobPage(jobs=())

    inbox.write("talk.mp4")
    assert await inbox.settle() == 1
    inbox.restart(Before(inbox.database))
    inbox.watch._taken = {}
    assert await inbox.settle() == 1
    [job] = await inbox.jobs()
    assert await assets(inbox) == {"talk.mp4": job.asset_id}


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


async def assets(inbox: Watched) -> dict[str, str]:
    """Of what is noted, by name."""
    return {Path(path).name: file.asset_id for path, file in (await inbox.notes.all()).items()}


async def test_a_copy_that_is_edited_does_not_replace_its_original(inbox: Watched) -> None:
    inbox.write("a.md", b"as it was")
    await inbox.settle()
    inbox.write("b.md", b"as it was")
    await inbox.settle()
    inbox.write("b.md", b"edited since")
    assert await inbox.settle() == 1
    first, second = await inbox.jobs()
    assert second.input_path == str(inbox.folder / "b.md")
    assert first.asset_id != second.asset_id
    assert await assets(inbox) == {"a.md": first.asset_id, "b.md": second.asset_id}


async def test_an_original_that_is_edited_leaves_its_copy_findable(inbox: Watched) -> None:
    inbox.write("a.md", b"as it was")
    await inbox.settle()
    inbox.write("b.md", b"as it was")
    await inbox.settle()
    inbox.write("a.md", b"edited since")
    assert await inbox.settle() == 1
    inbox.restart()
    assert await inbox.settle() == 1
    first, edited, copy = await inbox.jobs()
    assert edited.asset_id == first.asset_id != copy.asset_id
    assert await assets(inbox) == {"a.md": first.asset_id, "b.md": copy.asset_id}
    assert copy.input_path == str(inbox.folder / "b.md")
    assert await inbox.settle() == 0


async def test_a_file_that_is_renamed_and_then_edited_replaces_what_it_was(
    inbox: Watched,
) -> None:
    file = inbox.write("a.md", b"as it was")
    await inbox.settle()
    file.rename(inbox.folder / "b.md")
    await inbox.settle()
    inbox.write("b.md", b"edited since")
    assert await inbox.settle() == 1
    assert len({job.asset_id for job in await inbox.jobs()}) == 1


async def test_an_edited_copy_of_what_was_uploaded_is_an_asset_of_its_own(
    inbox: Watched,
) -> None:
    job = await uploaded(an_intake(inbox.bench))
    inbox.write("copy.mp4", b"something")
    await inbox.settle()
    inbox.write("copy.mp4", b"something else")
    assert await inbox.settle() == 1
    assert len({job.asset_id for job in await inbox.jobs()}) == 2
    assert await assets(inbox) != {"copy.mp4": job.asset_id}


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


async def test_a_disk_that_cannot_be_asked_does_not_end_the_watch(
    inbox: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11 raises here on a disk of the net that is away."""
    told: list[str] = []
    inbox.write("talk.mp4")

    def away(self: Path) -> bool:
        raise OSError(errno.ESTALE, "Stale file handle", str(self))

    handler = logger.add(lambda line: told.append(line.record["message"]), level="WARNING")
    try:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "is_dir", away)
            assert await inbox.settle() == 0
    finally:
        logger.remove(handler)
    assert told == [f"a watched folder cannot be read: {inbox.folder}: Stale file handle"]
    assert await inbox.settle() == 1


async def test_a_fault_does_not_end_the_watch(
    inbox: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.write("talk.mp4")
    with monkeypatch.context() as patched:
        patched.setattr(folder_watch, "media_in", lambda *_: 1 / 0)
        assert await inbox.settle() == 0
    assert await inbox.settle() == 1


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
