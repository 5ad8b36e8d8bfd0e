"""Bring a database to a schema. Blocking: call it in a thread, or before the loop starts.

Alembic is imported only when there is something to do: that costs a second, and most starts
find the database as they left it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, String, column, func, inspect, select, table

from app.adapters.sql.connections import blocking_engine, file_of, parse
from app.adapters.sql.errors import translated
from app.domain.errors import ConfigError, StorageError

FOLDER = Path(__file__).parent / "migrations"
#: `v0001_jobs.py` holds revision `0001`. Each follows the one before: history has no branches.
SCRIPT = re.compile(r"v(?P<revision>\d{4})_[a-z0-9_]+\.py")
BASE = "base"
MIGRATING = 0x5B001  # the advisory lock of whoever changes the schema

_VERSION = table("alembic_version", column("version_num", String))


def revisions() -> list[str]:
    """All that this version knows, oldest first."""
    names = sorted(path.name for path in (FOLDER / "versions").iterdir())
    return [found["revision"] for found in map(SCRIPT.fullmatch, names) if found]


def head() -> str:
    return revisions()[-1]


def current(url: str) -> str | None:
    """The database's revision; None when it is empty or not there yet."""
    file = file_of(parse(url))
    if file is not None and not file.exists():
        return None
    with _connection(url, writes=False) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


def upgrade(url: str) -> None:
    """To the newest schema; makes file and folder. All or nothing.

    Raises ConfigError when a newer Spool has been here.
    """
    if (found := current(url)) == head():
        return
    _check_known(found)
    _migrate(url, _to_head)


def downgrade(url: str, revision: str) -> None:
    """Back to `revision`, or to nothing at all with `base`. All or nothing."""
    _check_known(current(url))
    if revision != BASE:
        _check_known(revision)
    _migrate(url, lambda command, config: command.downgrade(config, revision))


def _to_head(command: Any, config: Any) -> None:
    """Nothing, where another that started at the same moment has just been here."""
    if _revision(config.attributes["connection"]) != head():
        command.upgrade(config, "head")


def _check_known(revision: str | None) -> None:
    if revision is not None and revision not in revisions():
        raise ConfigError(
            f"storage.database_url: revision {revision} is not known to this version of Spool",
            hint=f"it knows {BASE}, {', '.join(revisions())}; a newer one may have been here",
        )


def _migrate(url: str, run: Callable[[Any, Any], None]) -> None:
    from alembic import command
    from alembic.config import Config

    if (file := file_of(parse(url))) is not None:
        _make_folder(file.parent)
    with _connection(url, writes=True) as connection:
        _wait_for_others(connection)
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        run(command, config)
        _check_keys(connection)


def _wait_for_others(connection: Connection) -> None:
    """One migrates at a time; SQLite sees to that by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"no folder for the database: {error}") from error


def _check_keys(connection: Connection) -> None:
    """Keys are off while SQLite migrates: nothing may be left that points nowhere."""
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise StorageError(f"the migration left rows without their parent: {broken[:3]}")


@contextmanager
def _connection(url: str, *, writes: bool) -> Iterator[Connection]:
    """In one transaction, committed when the block ends well."""
    with translated():
        engine = blocking_engine(parse(url), writes=writes)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
