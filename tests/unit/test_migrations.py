"""The migrations make the schema that the mapped classes expect, forth and back."""

import importlib
import pkgutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect

from app.adapters import sql
from app.adapters.sql import migrate
from app.adapters.sql.connections import parse
from app.adapters.sql.database import Database
from app.adapters.sql.webhook_tables import DeliveryRow
from app.domain.errors import ConfigError, StorageError
from tests.postgres import Postgres

for _module in pkgutil.iter_modules(sql.__path__):
    if not _module.ispkg:
        importlib.import_module(f"{sql.__name__}.{_module.name}")
SYNC = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
#: Of all modules that map classes: importing one is what adds its tables here.
SCHEMA = DeliveryRow.metadata


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def each(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, on each kind of them."""
    if request.param == "sqlite":
        yield request.getfixturevalue("url")
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    made = server.empty()
    yield made
    server.drop(made)


def opened(url: str) -> Engine:
    return create_engine(parse(url).set(drivername=SYNC[parse(url).get_backend_name()]))


def tables_in(url: str) -> set[str]:
    engine = opened(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def rules_of(engine: Engine) -> dict[str, Any]:
    """What autogenerate does not compare: CHECKs, and what happens when a parent goes."""
    try:
        found = inspect(engine)
        return {
            table: (
                sorted(
                    (str(rule["name"]), rule["sqltext"])
                    for rule in found.get_check_constraints(table)
                ),
                [(key["name"], key["options"]) for key in found.get_foreign_keys(table)],
                found.get_pk_constraint(table),
                sorted(str(key["name"]) for key in found.get_unique_constraints(table)),
            )
            for table in SCHEMA.tables
        }
    finally:
        engine.dispose()


def test_the_migrated_schema_is_that_of_the_mapped_classes(each: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrate.upgrade(each)
    engine = opened(each)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, SCHEMA) == []
    finally:
        engine.dispose()


def test_the_migrated_rules_are_those_of_the_mapped_classes(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    made = create_engine(f"sqlite:///{tmp_path}/made.db")
    SCHEMA.create_all(made)
    assert rules_of(create_engine(url)) == rules_of(made)


def test_the_rules_of_a_server_are_those_of_the_mapped_classes(postgres_server: Postgres) -> None:
    migrated, made = postgres_server.migrated(), postgres_server.empty()
    SCHEMA.create_all(engine := opened(made))
    engine.dispose()
    assert rules_of(opened(migrated)) == rules_of(opened(made))


def test_it_goes_up_down_and_up_again(each: str) -> None:
    assert migrate.current(each) is None
    migrate.upgrade(each)
    tables = tables_in(each)
    assert {"jobs", "attempts", "windows", "transcripts"} < tables
    migrate.downgrade(each, "base")
    assert tables_in(each) == {"alembic_version"}
    assert migrate.current(each) is None
    migrate.upgrade(each)
    assert tables_in(each) == tables
    assert migrate.current(each) == migrate.head()


def test_every_step_goes_down_and_up_on_its_own(each: str) -> None:
    migrate.upgrade(each)
    below = ["base", *migrate.revisions()]
    for lower in reversed(below[:-1]):
        migrate.downgrade(each, lower)
        assert (migrate.current(each) or "base") == lower
    migrate.upgrade(each)
    assert migrate.current(each) == below[-1]


def test_the_cheap_look_at_the_newest_revision_agrees_with_alembic() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(migrate.FOLDER))
    assert script.get_heads() == [migrate.head()]
    walked = [step.revision for step in script.walk_revisions()]
    assert walked[::-1] == migrate.revisions()


def test_migrations_are_named_and_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (migrate.FOLDER / "versions").glob("*.py"))
    names.remove("__init__.py")
    assert all(migrate.SCRIPT.fullmatch(name) for name in names), names
    assert migrate.revisions() == [f"{number:04d}" for number in range(1, len(names) + 1)]


def test_looking_at_a_database_that_is_not_there_makes_none(url: str, file: Path) -> None:
    assert migrate.current(url) is None
    assert not file.parent.exists()


def test_a_database_of_a_newer_version_is_left_alone(url: str, file: Path) -> None:
    migrate.upgrade(url)
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    for change in (migrate.upgrade, lambda url: migrate.downgrade(url, "base")):
        with pytest.raises(ConfigError, match="9999"):
            change(url)
    assert migrate.current(url) == "9999"


def test_going_down_to_an_unknown_revision_is_refused(url: str) -> None:
    migrate.upgrade(url)
    with pytest.raises(ConfigError, match="4711"):
        migrate.downgrade(url, "4711")
    assert migrate.current(url) == migrate.head()


def test_a_migration_that_fails_leaves_the_old_schema(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StorageError("rows without their parent")

    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_check_keys", broken)
        with pytest.raises(StorageError):
            migrate.upgrade(url)
    assert tables_in(url) == set()
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


def test_rows_without_their_parent_stop_a_migration(url: str, file: Path) -> None:
    migrate.upgrade(url)
    connection = sqlite3.connect(file)
    connection.execute("INSERT INTO attempts (job_id, number, started_at) VALUES ('x', 1, '')")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="parent"):
        migrate._migrate(url, lambda command, config: None)


def test_four_starts_at_once_migrate_once(each: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, [each] * 4))
    assert migrate.current(each) == migrate.head()


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        migrate.upgrade(f"sqlite:///{tmp_path}/file/data/spool.db")


def test_a_path_with_a_percent_sign_is_a_path(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/100%/spool%20x.db"
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


START = """
import asyncio, sys
from app.adapters.sql.database import Database
async def start():
    async with Database(sys.argv[1]):
        pass
asyncio.run(start())
print("alembic" in sys.modules)
"""


async def test_a_start_without_anything_to_migrate_does_not_load_alembic(url: str) -> None:
    async with Database(url):
        pass
    started = subprocess.run(  # noqa: ASYNC221, nothing else runs in this loop
        [sys.executable, "-c", START, url],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert started.stdout.strip() == "False"
