"""A database as each version left it comes up to today's schema, is read, and goes back.

`schemas/NNNN.sql` are rows as that version wrote them. A new revision needs such a file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from app.adapters.sql import migrate
from app.adapters.sql.assets import SqlAssetStore
from app.adapters.sql.connections import is_sqlite, parse
from app.adapters.sql.database import Database
from app.adapters.sql.deliveries import SqlDeliveryStore
from app.adapters.sql.jobs import SqlJobStore
from app.adapters.sql.keys import SqlKeyStore
from app.adapters.sql.records import SqlRecordStore
from app.adapters.sql.shares import SqlShareStore
from app.adapters.sql.transcripts import SqlTranscriptStore
from app.adapters.sql.uploads import SqlUploadStore
from app.domain.jobs import JobStatus, Priority, Task
from app.domain.transcript import Topic
from tests.postgres import Postgres

FOLDER = Path(__file__).parent / "schemas"
REVISIONS = migrate.revisions()
TALK, PENDING, DEAD, RUNNING, UPLOAD, ADMIN = [
    f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 7)
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/spool.db"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    made = server.empty()
    yield made
    server.drop(made)


def engine_of(url: str) -> Engine:
    parsed = parse(url)
    return create_engine(parsed.set(drivername="sqlite") if is_sqlite(parsed) else parsed)


def step_to(url: str, revision: str) -> None:
    migrate._migrate(url, lambda command, config: command.upgrade(config, revision))


def fill(url: str, revision: str) -> None:
    written = (FOLDER / f"{revision}.sql").read_text(encoding="utf-8")
    plain = "\n".join(line for line in written.splitlines() if not line.startswith("--"))
    engine = engine_of(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        for statement in filter(str.strip, plain.split(";\n")):
            connection.exec_driver_sql(statement)
    engine.dispose()


def live_through(url: str, last: str) -> None:
    """From version to version, as a service that was always kept up to date until then."""
    for revision in REVISIONS[: REVISIONS.index(last) + 1]:
        step_to(url, revision)
        fill(url, revision)


def rows_in(url: str) -> dict[str, list[dict[str, Any]]]:
    """As they stand there, by table."""
    engine = engine_of(url)
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = {table: _rows_of(connection, table) for table in tables}
    engine.dispose()
    return found


def _rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()
    return sorted((dict(row) for row in rows), key=_in_order)


def _in_order(row: dict[str, Any]) -> str:
    """A column that came back stands last."""
    return repr(sorted(row.items()))


def test_every_revision_has_rows_of_its_time() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.sql")) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_each_version_come_up_and_go_back(url: str, revision: str) -> None:
    live_through(url, revision)
    before = rows_in(url)
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()
    migrate.downgrade(url, revision)
    assert rows_in(url) == before


@pytest.mark.parametrize("revision", REVISIONS)
async def test_rows_of_each_version_are_read_by_this_one(url: str, revision: str) -> None:
    live_through(url, revision)
    async with Database(url) as database:
        await _read_what_was_first(database)
        if revision >= "0002":
            await _read_what_has_failed(database)
        if revision >= "0005":
            await _read_uploads_and_engines(database)
        if revision >= "0010":
            await _read_the_rest(database)


async def _read_what_was_first(database: Database) -> None:
    jobs, transcripts = SqlJobStore(database), SqlTranscriptStore(database)
    page = await jobs.list()
    assert {job.job_id for job in page.jobs} == {TALK, PENDING, DEAD, RUNNING}
    talk = await jobs.get(TALK)
    assert talk is not None and talk.status is JobStatus.COMPLETED
    assert (talk.source_name, talk.duration, len(talk.history)) == ("Träume.mp4", 12.5, 2)
    assert talk.created_at.isoformat() == "2026-01-01T00:00:00+00:00"
    waiting = await jobs.get(PENDING)
    assert waiting is not None and waiting.options.task is Task.TRANSLATE
    said = await transcripts.load(TALK)
    assert said is not None and said.text == "Grüße, 東京"
    [segment] = said.segments
    assert (segment.end, segment.words[0].probability) == (2.5, 0.5)
    [window] = await transcripts.partial(RUNNING)
    assert window.segments[0].text == " so far"
    asset = await SqlAssetStore(database).get("talk")
    assert asset is not None and (asset.title, asset.job_id) == ("A talk", TALK)


async def _read_what_has_failed(database: Database) -> None:
    jobs = SqlJobStore(database)
    assert await jobs.dead_letters() == 1
    dead = await jobs.get(DEAD)
    assert dead is not None and dead.history[-1].exit_status == -11
    swept = await jobs.sweep("a-new-run")
    assert swept.pending == (RUNNING,)


async def _read_uploads_and_engines(database: Database) -> None:
    talk = await SqlJobStore(database).get(TALK)
    assert talk is not None and (talk.provider, talk.options.priority) == (
        "faster_whisper",
        Priority.NORMAL,
    )
    [delivery] = (await SqlDeliveryStore(database).list()).deliveries
    assert (delivery.job_id, delivery.last_status) == (TALK, 500)
    [upload] = await SqlUploadStore(database, 3600.0).unfinished()
    assert (upload.upload_id, upload.received) == (UPLOAD, 4)


async def _read_the_rest(database: Database) -> None:
    said = await SqlTranscriptStore(database).load(TALK)
    assert said is not None and said.topics == (Topic(topic="greetings", score=0.5),)
    asset = await SqlAssetStore(database).get("talk")
    assert asset is not None and asset.labels == ("a", "b")
    [kept] = await SqlRecordStore(database).get(["note#"])
    assert kept.moment.text == "a word"
    admin = [key for key in await SqlKeyStore(database).list() if key.key_id == ADMIN]
    assert len(admin) == 1 and admin[0].revoked_at is None
    [share] = (await SqlShareStore(database).list(None)).shares
    assert share.asset_id == "talk"
