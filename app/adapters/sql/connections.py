"""How connections are made: everything that differs from one database to the other.

SQLite: write-ahead log, every commit on the disk before it is answered, one connection that
writes and checkpoints, a few that only read. Two that write or checkpoint at once can corrupt
the log in SQLite 3.7.0 to 3.51.2, and many Pythons ship one of those.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.adapters.sql.columns import storable
from app.adapters.sql.lines import Lines
from app.domain.errors import ConfigError, StorageError

READERS = 4  # connections
CONNECTIONS = 10  # to a server, which often has a hundred for all who ask it
WAIT = 30.0  # seconds in line for a connection
BUSY_WAIT = 5.0  # seconds for another process to let go of the file
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

#: A line that is cut is noticed: in seconds and milliseconds, as libpq names them.
PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15000,
}
#: The server gives up a client whose machine is gone, as we do with it: by itself it keeps locks,
#: and that of who leads, for two hours.
NOTICE_THE_GONE = """
    SELECT set_config('tcp_keepalives_idle', '10', false),
           set_config('tcp_keepalives_interval', '5', false),
           set_config('tcp_keepalives_count', '3', false),
           set_config('tcp_user_timeout', '15000', false)
"""
#: All that a work reads is of one moment, as on SQLite.
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

Pragmas = Mapping[str, int | str]

_DURABLE: Pragmas = {"journal_mode": "wal", "synchronous": 2}
WRITER: Pragmas = {**_DURABLE, "foreign_keys": 1, "wal_autocheckpoint": 1000}
READER: Pragmas = {"wal_autocheckpoint": 0, "query_only": 1}
#: A migration that rebuilds a table drops the old one, and with keys on that deletes its children.
MIGRATOR: Pragmas = {**_DURABLE, "foreign_keys": 0}


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Where to write and where to read; the same connections on a database server."""

    writer: AsyncEngine
    reader: AsyncEngine
    #: To a server.
    lines: Lines | None = None


def parse(url: str) -> URL:
    """The URL with its driver named. Raises ConfigError when SQLite is given no plain file."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
    if is_sqlite(parsed) and (parsed.database or ":memory:") == ":memory:":
        raise ConfigError("storage.database_url: SQLite needs a file, for jobs must survive")
    if is_sqlite(parsed) and parsed.query:
        raise ConfigError("storage.database_url: SQLite takes no options here")
    return parsed


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def file_of(url: URL) -> Path | None:
    """The SQLite file; None on a database server."""
    return Path(url.database) if is_sqlite(url) and url.database else None


def open_engines(url: URL, busy_wait: float, connections: int = CONNECTIONS) -> Engines:
    """Connects to nothing yet. `connections`: at most, to a server."""
    if not is_sqlite(url):
        kept = {"pool_pre_ping": True, "pool_size": connections, "max_overflow": 0}
        engine = _async_engine(url, **kept, connect_args=PATIENCE)
        lines = Lines(engine.sync_engine)  # first: one that hangs from the beginning is cut, too
        event.listen(engine.sync_engine, "connect", _notice_the_gone)
        return Engines(writer=engine, reader=engine.execution_options(**SNAPSHOT), lines=lines)
    writer = _async_engine(url, pool_size=1, max_overflow=0)
    reader = _async_engine(url, pool_size=READERS, max_overflow=0)
    _prepare(writer.sync_engine, {**_patience(busy_wait), **WRITER}, "BEGIN IMMEDIATE")
    _prepare(reader.sync_engine, {**_patience(busy_wait), **READER}, "BEGIN")
    return Engines(writer=writer, reader=reader)


def blocking_engine(url: URL, *, writes: bool) -> Engine:
    """One connection at a time, for migrations and copies in a thread."""
    if not is_sqlite(url):
        server = create_engine(
            url, poolclass=NullPool, json_serializer=_dump, connect_args=PATIENCE
        )
        event.listen(server, "connect", _notice_the_gone)
        return server
    file = url.set(drivername="sqlite")
    engine = create_engine(file, poolclass=NullPool, json_serializer=_dump)
    if writes:
        _prepare(engine, {**_patience(BUSY_WAIT), **MIGRATOR}, "BEGIN IMMEDIATE")
    else:
        _prepare(engine, {**_patience(BUSY_WAIT), **READER}, "BEGIN")
    return engine


async def checkpoint(engine: AsyncEngine) -> None:
    """Bring the write-ahead log into the file, so that the file alone is the database."""
    if not is_sqlite(engine.url):
        return
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection  # past SQLAlchemy: no transaction may be open
        await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


def _async_engine(url: URL, **options: Any) -> AsyncEngine:
    return create_async_engine(url, pool_timeout=WAIT, json_serializer=_dump, **options)


def _dump(value: Any) -> str:
    """JSON that any database takes: no NaN, no lone surrogates."""
    return storable(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _patience(seconds: float) -> Pragmas:
    """First of all, for the other PRAGMAs may have to wait too."""
    return {"busy_timeout": round(seconds * 1000)}


def _prepare(engine: Engine, pragmas: Pragmas, begin: str) -> None:
    event.listen(engine, "connect", _on_connect(pragmas))
    event.listen(engine, "begin", _on_begin(begin))


def _notice_the_gone(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(NOTICE_THE_GONE)
    finally:
        cursor.close()
    connection.commit()  # else it ends with the transaction


def _on_connect(pragmas: Pragmas) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, record: Any) -> None:
        try:
            connection.isolation_level = None  # the driver must not begin: `_on_begin` does
            for name, value in pragmas.items():
                _set(connection, name, value)
        except BaseException:
            connection.close()
            raise

    return prepare


def _set(connection: Any, name: str, value: int | str) -> None:
    """SQLite passes over a PRAGMA that it does not know or cannot obey: read it back."""
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA {name} = {value}")
        cursor.execute(f"PRAGMA {name}")
        [found] = cursor.fetchone() or [None]
    finally:
        cursor.close()
    if found != value:
        raise StorageError(f"SQLite refuses {name} = {value} here: it says {found}")


def _on_begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
