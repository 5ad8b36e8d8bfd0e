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

from sqlalchemy import Connection, func, select, update

from app.adapters.sql import migrate
from app.adapters.sql.connections import file_of, parse
from app.adapters.sql.row_copies import check_empty, copy_rows, occupied, reading, writing
from app.adapters.sql.tables import BootRow, JobRow
from app.domain.crashpoints import reached
from app.domain.errors import ConfigError, StorageError


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

    async def check_free(self) -> None:
        await asyncio.to_thread(self._check_free)

    async def put_back(self, file: Path) -> None:
        await asyncio.to_thread(self._put_back, file)

    def _take(self, file: Path) -> str:
        _check_schema(self._url)
        with _translated():
            if file_of(parse(self._url)) is not None:
                _copy_file(self._url, file)
            else:
                migrate.upgrade(_url(file))
                with reading(self._url) as source, writing(_url(file)) as target:
                    copy_rows(source, target)
            _sync(file)
        return migrate.head()

    def _known(self, job_ids: Sequence[str]) -> set[str]:
        if not job_ids:
            return set()
        with reading(self._url) as connection:
            asked = select(JobRow.job_id).where(JobRow.job_id.in_(job_ids))
            return set(connection.scalars(asked))

    def _check_free(self) -> None:
        target = file_of(parse(self._url))
        if target is not None and target.exists():
            raise occupied(str(target))
        if target is None and (found := migrate.current(self._url)) is not None:
            if found != migrate.head():
                raise occupied(f"it is of schema {found}")
            with reading(self._url) as database:
                check_empty(database)

    def _put_back(self, file: Path) -> None:
        self._check_free()
        target = file_of(parse(self._url))
        with _translated(), _renewed(file, target) as renewed:
            if target is not None:
                _become(renewed, target)
            else:
                migrate.upgrade(self._url)
                with reading(_url(renewed)) as source, writing(self._url) as database:
                    check_empty(database)
                    copy_rows(source, database)
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
    with reading(url) as connection, closing(sqlite3.connect(file)) as target:
        source: Any = connection.connection.driver_connection
        source.backup(target)


@contextmanager
def _renewed(file: Path, target: Path | None) -> Iterator[Path]:
    """A copy of today's schema, beside where it goes; no run of a service has hold of its jobs."""
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".restore.", dir=target.parent if target else None
    ) as folder:
        copy = Path(folder) / "spool.db"
        shutil.copyfile(file, copy)
        migrate.upgrade(_url(copy))
        with writing(_url(copy)) as connection:
            _let_go(connection)
        yield copy


def _let_go(connection: Connection) -> None:
    """All runs have ended, and their machines are not waited for. What was running is swept by the
    next start, as after any death."""
    seen = func.coalesce(BootRow.seen_at, BootRow.begun_at)
    connection.execute(update(BootRow).where(BootRow.ended_at.is_(None)).values(ended_at=seen))
    connection.execute(update(JobRow).where(JobRow.home.is_not(None)).values(home=None))
    held = JobRow.reserved_by.is_not(None)
    connection.execute(update(JobRow).where(held).values(reserved_by=None))


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
