"""All rows of a database into a file and back, behind the `Snapshots` port.

The file is always SQLite of our own schema, so that it goes back into any database. What is copied
from is only read: the service may be at work on it.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.adapters.sql import migrate
from app.adapters.sql.connections import SNAPSHOT, blocking_engine, file_of, parse
from app.adapters.sql.errors import translated
from app.adapters.sql.every_table import every_table
from app.adapters.sql.tables import BootRow, JobRow
from app.domain.crashpoints import reached
from app.domain.errors import ConfigError, StorageError

ROWS = 100  # read at once: a long transcript is megabytes


class SqlSnapshots:
    """`url`: of the database, as the settings have it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def take(self, file: Path) -> str:
        return await asyncio.to_thread(self._take, file)

    async def known(self, job_ids: Sequence[str]) -> set[str]:
        return await asyncio.to_thread(self._known, job_ids)

    async def damage(self, file: Path) -> list[str]:
        return await asyncio.to_thread(_damage, file)

    async def put_back(self, file: Path) -> None:
        await asyncio.to_thread(self._put_back, file)

    def _take(self, file: Path) -> str:
        _check_schema(self._url)
        with _translated():
            if file_of(parse(self._url)) is not None:
                _copy_file(self._url, file)
            else:
                migrate.upgrade(_url(file))
                with _reading(self._url) as source, _writing(_url(file)) as target:
                    _copy_rows(source, target)
            _sync(file)
        return migrate.head()

    def _known(self, job_ids: Sequence[str]) -> set[str]:
        with _reading(self._url) as connection:
            asked = select(JobRow.job_id).where(JobRow.job_id.in_(job_ids))
            return set(connection.scalars(asked))

    def _put_back(self, file: Path) -> None:
        target = file_of(parse(self._url))
        if target is not None and target.exists():
            raise _occupied(str(target))
        with _translated(), _renewed(file, target) as renewed:
            if target is not None:
                _become(renewed, target)
            else:
                migrate.upgrade(self._url)
                with _reading(_url(renewed)) as source, _writing(self._url) as database:
                    _check_empty(database)
                    _copy_rows(source, database)
                    reached("restore.rows")


def _check_schema(url: str) -> None:
    found, ours = migrate.current(url), migrate.head()
    if found is None:
        raise ConfigError("storage.database_url: there is no database of Spool yet")
    if found != ours:
        raise ConfigError(
            f"the database has schema {found}, and this version of Spool has {ours}",
            hint="use the version that the service is of, or bring it up by `spool migrate`",
        )


def _copy_file(url: str, file: Path) -> None:
    """By SQLite's own means, in one step: nothing written meanwhile is in it, and nobody waits."""
    engine = blocking_engine(parse(url), writes=False)
    try:
        with engine.connect() as connection, closing(sqlite3.connect(file)) as target:
            source: Any = connection.connection.driver_connection
            source.backup(target)
    finally:
        engine.dispose()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in every_table():
        rows = source.execute(select(table), execution_options={"yield_per": ROWS})
        for some in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in some])


def _check_empty(database: Connection) -> None:
    for table in every_table():
        if database.execute(select(table).limit(1)).first() is not None:
            raise _occupied(f"its table {table.name}")


def _occupied(what: str) -> ConfigError:
    return ConfigError(
        f"storage.database_url: the database has rows already: {what}",
        hint="a backup goes back into a new database",
    )


@contextmanager
def _renewed(file: Path, target: Path | None) -> Iterator[Path]:
    """A copy of today's schema, beside where it goes; of runs that all have ended."""
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".restore.", dir=target.parent if target else None
    ) as folder:
        copy = Path(folder) / "spool.db"
        shutil.copyfile(file, copy)
        migrate.upgrade(_url(copy))
        with _writing(_url(copy)) as connection:
            seen = func.coalesce(BootRow.seen_at, BootRow.begun_at)
            alive = BootRow.ended_at.is_(None)
            connection.execute(update(BootRow).where(alive).values(ended_at=seen))
        yield copy


def _become(copy: Path, target: Path) -> None:
    """Whole or not at all."""
    if copy.with_name(f"{copy.name}-wal").exists():
        raise StorageError("the copy of the database is still in use")
    _sync(copy)
    reached("restore.rows")
    copy.rename(target)
    _sync(target.parent)


def _damage(file: Path) -> list[str]:
    """Read as a file that nobody changes, or SQLite would make others beside it."""
    with _translated():
        address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    orphans = [f"{row[0]} has a row without its {row[2]}" for row in lost]
    return [line for line in found if line != "ok"] + orphans


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    """All of it of one moment."""
    with translated():
        engine = blocking_engine(parse(url), writes=False)
        if file_of(parse(url)) is None:
            engine = engine.execution_options(**SNAPSHOT)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def _writing(url: str) -> Iterator[Connection]:
    """In one transaction."""
    with translated():
        engine = blocking_engine(parse(url), writes=True)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """What goes by SQLAlchemy is told by `errors.translated`; this is what goes past it."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the database cannot be copied: {error}") from error


def _url(file: Path) -> str:
    return f"sqlite:///{file.absolute()}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
