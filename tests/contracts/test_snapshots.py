"""What `Snapshots` owe: all rows come out of any database, and go back into any other."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from app.adapters.sql import migrate
from app.adapters.sql.backup_rows import SqlBackupRows
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.connections import blocking_engine, parse
from app.adapters.sql.copying import SqlSnapshots
from app.adapters.sql.database import Database
from app.adapters.sql.every_table import every_table
from app.adapters.sql.notes import SqlNotes
from app.domain.backups import Medium
from app.domain.errors import ConfigError, MediaUnreadable, SpoolError
from app.domain.jobs import IdempotencyKey
from app.domain.keys import Scope
from app.domain.watched import FileState, WatchedFile
from tests.contracts.conftest import DATABASES, OpenStores, Stores
from tests.contracts.jobs import BOOT, add_job, claim, claimed_job, new_id
from tests.contracts.test_record_store import record
from tests.contracts.test_share_store import added, heard
from tests.contracts.test_upload_store import begun, hashed
from tests.contracts.webhooks import owed
from tests.postgres import Postgres

BEFORE = "0011"  # an older schema


@pytest.fixture(params=DATABASES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without anything in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/restored/spool.db"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.empty()
    yield url
    server.drop(url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "taken.db"


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def rows_in(url: str) -> dict[str, list[dict[str, Any]]]:
    """All there are, by table."""
    engine = blocking_engine(parse(url), writes=False)
    try:
        with engine.connect() as connection:
            return {
                table.name: sorted(
                    (dict(row) for row in connection.execute(select(table)).mappings()), key=repr
                )
                for table in every_table()
            }
    finally:
        engine.dispose()


async def filled(stores: Stores, url: str) -> None:
    """A row of each kind but the parts of uploads, which files that can grow do not have."""
    await owed(stores)
    await owed(stores, error=MediaUnreadable("NUL is \0, and this is no letter: \ud800"))
    await added(stores, await heard(stores))
    key = IdempotencyKey(key="mine", digest="a" * 64)
    await claim(stores.jobs, await add_job(stores.jobs, key=key, sha256="ab" * 32))
    await begun(stores.uploads)
    await hashed(stores.uploads)
    await stores.records.put([record()])
    await stores.keys.add(name="ö", scopes={Scope.READ}, expires_at=None, digest="d" * 64)
    await stores.watched.note(
        WatchedFile(path="/a/b", state=FileState(size=1, modified=2), asset_id="c")
    )
    async with Database(url) as database:
        await SqlBootLog(database).begin(BOOT, name="here", places=3)
        await SqlNotes(database).put("secret", {"of": ["all", None]})


async def test_every_row_comes_back_whichever_databases_they_are(
    open_stores: OpenStores, database_url: str, target: str, file: Path
) -> None:
    async with open_stores() as stores:
        await filled(stores, database_url)
        assert await SqlSnapshots(database_url).take(file) == migrate.head()
    before = rows_in(database_url)
    assert {name for name, rows in before.items() if not rows} <= NEVER_FILLED
    assert rows_in(url_of(file)) == before
    await SqlSnapshots(target).put_back(file)
    [boot] = before["boots"]
    boot["ended_at"] = boot["seen_at"]
    assert rows_in(target) == before


#: `webhook_endpoints` come of answers, `windows` and `delivery_tries` of work.
NEVER_FILLED = {"windows", "webhook_endpoints", "delivery_tries"}


async def test_no_table_is_forgotten(database_url: str) -> None:
    engine = blocking_engine(parse(database_url), writes=False)
    there = set(inspect(engine).get_table_names())
    engine.dispose()
    assert {table.name for table in every_table()} == there - {"alembic_version"}


async def test_what_is_put_back_can_be_worked_on(
    open_stores: OpenStores, database_url: str, target: str, file: Path
) -> None:
    async with open_stores() as stores:
        job = await claimed_job(stores.jobs)
        await SqlSnapshots(database_url).take(file)
    await SqlSnapshots(target).put_back(file)
    async with Database(target) as database:
        rows = SqlBackupRows(database)
        assert await rows.known([job.job_id, new_id()]) == {job.job_id}
        assert await SqlBootLog(database).living(3600.0) == []


async def test_an_older_schema_is_renewed_on_the_way_and_the_file_stays(
    open_stores: OpenStores, database_url: str, target: str, file: Path
) -> None:
    async with open_stores() as stores:
        job = await add_job(stores.jobs)
        await SqlSnapshots(database_url).take(file)
    migrate.downgrade(url_of(file), BEFORE)
    before = content(file)
    await SqlSnapshots(target).put_back(file)
    assert migrate.current(target) == migrate.head()
    assert [row["job_id"] for row in rows_in(target)["jobs"]] == [job.job_id]
    assert content(file) == before


async def test_a_database_with_rows_is_left_alone(
    open_stores: OpenStores, database_url: str, file: Path
) -> None:
    async with open_stores() as stores:
        await add_job(stores.jobs)
        await SqlSnapshots(database_url).take(file)
    before = rows_in(database_url)
    with pytest.raises(ConfigError, match="rows already"):
        await SqlSnapshots(database_url).check_free()
    with pytest.raises(ConfigError, match="rows already"):
        await SqlSnapshots(database_url).put_back(file)
    assert rows_in(database_url) == before


async def test_a_file_that_cannot_be_put_back_leaves_a_server_without_rows(
    open_stores: OpenStores, database_url: str, postgres_server: Postgres, file: Path
) -> None:
    """All or none: the last table's rows are refused, and those of the first are not there."""
    async with open_stores() as stores:
        await owed(stores)
        await SqlSnapshots(database_url).take(file)
    with closing(sqlite3.connect(file)) as harmed, harmed:
        harmed.execute("PRAGMA foreign_keys = OFF")
        harmed.execute("UPDATE deliveries SET job_id = 'nobody'")
    url = postgres_server.empty()
    with pytest.raises(SpoolError):
        await SqlSnapshots(url).put_back(file)
    assert all(not rows for rows in rows_in(url).values())
    postgres_server.drop(url)


async def test_where_there_is_no_database_nothing_is_taken(target: str, file: Path) -> None:
    await SqlSnapshots(target).check_free()
    with pytest.raises(ConfigError, match="no database"):
        await SqlSnapshots(target).take(file)
    assert content(file) is None


async def test_a_database_of_another_schema_is_not_taken(database_url: str, file: Path) -> None:
    migrate.downgrade(database_url, BEFORE)
    with pytest.raises(ConfigError, match=BEFORE):
        await SqlSnapshots(database_url).take(file)


async def test_who_is_known_is_asked_of_the_database_itself(
    open_stores: OpenStores, database_url: str, file: Path
) -> None:
    async with open_stores() as stores:
        here, gone = [await add_job(stores.jobs) for _ in range(2)]
        await SqlSnapshots(database_url).take(file)
        await stores.jobs.delete(gone.job_id)
        asked = [here.job_id, gone.job_id]
        assert await SqlSnapshots(database_url).known(asked) == {here.job_id}


async def test_media_are_told_by_pages_and_forgotten_with_their_job(
    open_stores: OpenStores, database_url: str, file: Path
) -> None:
    async with open_stores() as stores:
        made = [await add_job(stores.jobs, sha256="ab" * 32) for _ in range(3)]
        jobs = sorted(made, key=lambda job: job.job_id)
        nothing_sent = await add_job(stores.jobs)
        running = await claim(stores.jobs, jobs[2])
        await SqlSnapshots(database_url).take(file)
    async with Database(url_of(file)) as database:
        rows = SqlBackupRows(database)
        every = [Medium(job_id=job.job_id, key=job.input_path) for job in jobs]
        assert await rows.media("", 2) == every[:2]
        assert await rows.media(jobs[1].job_id, 2) == every[2:]
        assert await rows.known([nothing_sent.job_id]) == {nothing_sent.job_id}
        assert await rows.forget(jobs[0].job_id) and not await rows.forget(running.job_id)
        assert await rows.count() == 3


async def test_a_whole_file_has_no_damage_and_a_harmed_one_has(
    open_stores: OpenStores, database_url: str, file: Path
) -> None:
    async with open_stores() as stores:
        await owed(stores)
        await SqlSnapshots(database_url).take(file)
    before = sorted(file.parent.iterdir())
    assert await SqlSnapshots(database_url).damage(file) == []
    assert sorted(file.parent.iterdir()) == before
    with closing(sqlite3.connect(file)) as harmed, harmed:
        harmed.execute("PRAGMA foreign_keys = OFF")
        harmed.execute("DELETE FROM jobs")
    assert any(
        "without its jobs" in line for line in await SqlSnapshots("sqlite:///x").damage(file)
    )
