"""How the database is opened, kept whole, and what it says when something is wrong."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.sql import connections
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.turns import Work
from app.domain.errors import (
    Budget,
    ConfigError,
    Conflict,
    SpoolError,
    StorageDenied,
    StorageError,
    Unavailable,
)
from app.domain.jobs import Job, JobOptions, SourceKind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    async with Database(f"sqlite:///{file}", busy_wait=0.05) as opened:
        yield opened


def put(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def spoil(file: Path) -> None:
    """All but the first two pages."""
    whole = bytearray(file.read_bytes())
    whole[8192:] = b"\xff" * (len(whole) - 8192)
    file.write_bytes(whole)


async def add_job(database: Database) -> Job:
    return await SqlJobStore(database).add(
        job_id=str(uuid.uuid4()),
        source=SourceKind.PATH,
        source_name="x",
        input_path="/x",
        options=JobOptions(),
    )


def sql(statement: str) -> Work[Any]:
    async def run(session: AsyncSession) -> Any:
        result: Any = await session.execute(text(statement))
        return result.scalar() if result.returns_rows else None

    return run


# how SQLite is set


@pytest.mark.parametrize(
    ("pragma", "writer", "reader"),
    [
        ("journal_mode", "wal", "wal"),
        ("synchronous", 2, None),
        ("foreign_keys", 1, None),
        ("query_only", 0, 1),
        ("wal_autocheckpoint", 1000, 0),
        ("busy_timeout", 50, 50),
    ],
)
async def test_sqlite_is_set_to_lose_nothing(
    database: Database, pragma: str, writer: object, reader: object
) -> None:
    assert await database.write(sql(f"PRAGMA {pragma}")) == writer
    if reader is not None:
        assert await database.read(sql(f"PRAGMA {pragma}")) == reader


async def test_a_pragma_that_sqlite_does_not_obey_stops_the_start(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Database(f"sqlite:///{file}"):
        pass
    monkeypatch.setattr(connections, "WRITER", {"journal_mode": "wol"})
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="journal_mode"):
        await database.open()


async def test_readers_cannot_write(database: Database) -> None:
    job = await add_job(database)
    with pytest.raises(StorageDenied) as caught:
        await database.read(sql("DELETE FROM jobs"))
    assert caught.value.code == "storage.denied" and caught.value.budget is Budget.FREE
    assert await SqlJobStore(database).get(job.job_id) == job


async def test_writers_wait_in_line_and_readers_do_not(file: Path) -> None:
    """Without a wait for the file's lock: two connections that write would clash at once."""
    go_on = asyncio.Event()

    async def slow(session: AsyncSession) -> None:
        await session.execute(text("DELETE FROM jobs"))
        await go_on.wait()

    async with Database(f"sqlite:///{file}", busy_wait=0) as database:
        writing = [asyncio.ensure_future(database.write(slow)) for _ in range(5)]
        assert await database.read(sql("SELECT count(*) FROM jobs")) == 0
        go_on.set()
        await asyncio.gather(*writing)


async def test_a_write_holds_the_lock_before_its_first_look(database: Database, file: Path) -> None:
    """What it reads cannot have changed by the time it writes."""

    async def look(session: AsyncSession) -> None:
        other = sqlite3.connect(file, isolation_level=None, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()

    await database.write(look)


async def test_a_reader_sees_one_moment_throughout(database: Database) -> None:
    seen: list[Any] = []

    async def look_twice(session: AsyncSession) -> None:
        seen.append(await session.scalar(text("SELECT count(*) FROM jobs")))
        await add_job(database)
        seen.append(await session.scalar(text("SELECT count(*) FROM jobs")))

    await database.read(look_twice)
    assert seen == [0, 0]
    assert await database.read(sql("SELECT count(*) FROM jobs")) == 1


async def test_work_that_raises_leaves_no_trace(database: Database) -> None:
    async def half(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE half (x)"))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        await database.write(half)
    assert await database.read(sql("SELECT count(*) FROM sqlite_master WHERE name='half'")) == 0


async def test_closing_leaves_one_file_that_is_the_whole_database(file: Path) -> None:
    async with Database(f"sqlite:///{file}") as database:
        job = await add_job(database)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    copy = sqlite3.connect(file)
    assert copy.execute("SELECT job_id FROM jobs").fetchall() == [(job.job_id,)]
    copy.close()


@pytest.mark.parametrize("way", ["read", "write"])
async def test_closing_waits_for_what_is_under_way(file: Path, way: str) -> None:
    database = Database(f"sqlite:///{file}")
    await database.open()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession) -> Any:
        begun.set()
        await go_on.wait()
        return await session.scalar(text("SELECT count(*) FROM jobs"))

    working = asyncio.ensure_future(getattr(database, way)(slow))
    await begun.wait()
    closing = asyncio.ensure_future(database.close())
    await asyncio.sleep(0)
    go_on.set()
    assert await working == 0
    await closing
    assert [path.name for path in file.parent.iterdir()] == [file.name]


async def test_a_write_whose_caller_is_cancelled_is_made_whole(database: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE half (x)"))
        begun.set()
        await go_on.wait()
        await session.execute(text("INSERT INTO half VALUES (7)"))

    writing = asyncio.ensure_future(database.write(slow))
    await begun.wait()
    ended_early = False
    for _ in range(3):
        writing.cancel()
        await asyncio.sleep(0)
        ended_early = ended_early or writing.done()
    go_on.set()
    assert not ended_early
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await database.read(sql("SELECT x FROM half")) == 7


async def test_a_closed_database_is_unavailable(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with pytest.raises(Unavailable):
        await add_job(database)
    await database.open()
    await database.close()
    await database.close()
    with pytest.raises(Unavailable):
        await add_job(database)


async def test_a_cancelled_reader_gives_its_connection_back(database: Database) -> None:
    for _ in range(connections.READERS + 1):
        reading = asyncio.ensure_future(database.read(sql("SELECT 1")))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert await database.read(sql("SELECT 1")) == 1


# what is wrong


async def test_a_file_held_by_another_process_is_unavailable_for_a_while(
    database: Database, file: Path
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await add_job(database)
    other.execute("ROLLBACK")
    other.close()
    await add_job(database)


async def test_a_full_disk_is_a_storage_error_and_the_rest_goes_on(database: Database) -> None:
    job = await add_job(database)
    pages = await database.write(sql("PRAGMA page_count"))
    await database.write(sql(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageError) as caught:
        await database.write(sql("CREATE TABLE big AS SELECT randomblob(1000000)"))
    assert (caught.value.code, caught.value.retryable) == ("storage.full", True)
    assert await SqlJobStore(database).get(job.job_id) == job


async def test_a_file_that_is_no_database_is_corrupt_and_left_as_it_is(file: Path) -> None:
    nonsense = b"this is no database at all" * 100
    put(file, nonsense)
    with pytest.raises(StorageError) as caught:
        await Database(f"sqlite:///{file}").open()
    assert caught.value.code == "storage.corrupt"
    assert content_of(file) == nonsense


async def test_a_damaged_page_is_corrupt(file: Path) -> None:
    async with Database(f"sqlite:///{file}") as database:
        for _ in range(50):
            await add_job(database)
    spoil(file)
    with pytest.raises(StorageError) as caught:
        async with Database(f"sqlite:///{file}") as database:
            await SqlJobStore(database).list()
    assert caught.value.code == "storage.corrupt"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "oracle9://x/y",
        "sqlite+nosuch:///x.db",
        "sqlite:////tmp/x.db?nosuch=1",
    ],
)
async def test_a_url_that_cannot_be_used_is_a_config_error_and_makes_no_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="database_url"):
        await Database(url).open()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///x.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite"),
        ("postgresql://me@db/spool", "postgresql+psycopg"),
        ("postgresql+psycopg://me@db/spool", "postgresql+psycopg"),
    ],
)
def test_the_driver_need_not_be_named(url: str, driver: str) -> None:
    assert connections.parse(url).drivername == driver


# states that cannot be


@pytest.mark.parametrize(
    "change",
    [
        "status = 'paused'",
        "stage = 'dreaming'",
        "source = 'dream'",
        "progress = 1.5",
        "progress = -0.1",
        "duration = -1",
        "attempts = -1",
        "status = 'running', boot_id = 'b', attempts = 0",
        "status = 'running', attempts = 1",
        "boot_id = 'b'",
        "finished_at = created_at",
        "status = 'completed', progress = 1",
        "status = 'completed', finished_at = created_at",
        "status = 'failed', finished_at = created_at",
        "status = 'running', boot_id = 'b', attempts = 1, error_code = 'x'",
        "status = 'completed', progress = 1, finished_at = created_at, error_code = 'x'",
        "error_message = 'x'",
        "stage = 'transcribing'",
        "stage_started_at = created_at",
        "created_at = NULL",
        "options = NULL",
    ],
)
async def test_the_schema_forbids_a_state_that_cannot_be(database: Database, change: str) -> None:
    job = await add_job(database)
    with pytest.raises(Conflict):
        await database.write(sql(f"UPDATE jobs SET {change}"))
    assert await SqlJobStore(database).get(job.job_id) == job


@pytest.mark.parametrize(
    "change",
    [
        "status = 'running', boot_id = 'b', attempts = 1, stage = 'embedding'",
        "status = 'failed', finished_at = created_at, error_code = 'x', stage = 'embedding'",
        "status = 'completed', progress = 1, finished_at = created_at",
        "status = 'cancelled', finished_at = created_at",
        "error_code = 'x', error_message = 'y', attempts = 1",
    ],
)
async def test_the_schema_allows_the_states_that_can_be(database: Database, change: str) -> None:
    await add_job(database)
    await database.write(sql(f"UPDATE jobs SET {change}"))


async def test_what_belongs_to_a_job_goes_with_it(database: Database) -> None:
    job = await add_job(database)
    await SqlJobStore(database).claim(job.job_id, "b")
    await database.write(sql("DELETE FROM jobs"))
    assert await database.read(sql("SELECT count(*) FROM attempts")) == 0


async def test_times_without_a_zone_are_refused(database: Database) -> None:
    from datetime import datetime

    store = SqlJobStore(database, clock=lambda: datetime(2026, 3, 1))
    with pytest.raises(SpoolError):
        await store.add(
            job_id=str(uuid.uuid4()),
            source=SourceKind.PATH,
            source_name="x",
            input_path="/x",
            options=JobOptions(),
        )


# kill -9


ADD_AND_DIE = """
import asyncio, os, signal, sys
from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.domain.jobs import JobOptions, SourceKind

async def main():
    database = Database(sys.argv[1])
    await database.open()
    store = SqlJobStore(database)
    job_id = "7b2c9c3e-6f0a-4f57-9d2e-0f6f1c1b9f11"
    await store.add(job_id=job_id, source=SourceKind.PATH, source_name="x", input_path="/x",
                    options=JobOptions())
    await store.claim(job_id, "dead")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_was_answered_survives_a_kill_and_the_claim_is_swept(file: Path) -> None:
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", ADD_AND_DIE, f"sqlite:///{file}"],
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -signal.SIGKILL
    async with Database(f"sqlite:///{file}") as database:
        store = SqlJobStore(database)
        [swept] = (await store.sweep("alive")).pending
        job = await store.claim(swept, "alive")
        assert job is not None and job.attempts == 2
        assert job.history[0].error_code == "interrupted"
