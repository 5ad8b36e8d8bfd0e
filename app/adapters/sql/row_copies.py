"""Rows of one database into another, table by table, whatever kinds of databases they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select

from app.adapters.sql.connections import SNAPSHOT, blocking_engine, file_of, parse
from app.adapters.sql.errors import translated
from app.adapters.sql.every_table import every_table
from app.domain.errors import ConfigError

ROWS = 100  # read at once: a long transcript is megabytes


@contextmanager
def reading(url: str) -> Iterator[Connection]:
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
def writing(url: str) -> Iterator[Connection]:
    """In one transaction."""
    with translated():
        engine = blocking_engine(parse(url), writes=True)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def copy_rows(source: Connection, target: Connection) -> None:
    for table in every_table():
        rows = source.execute(select(table), execution_options={"yield_per": ROWS})
        for some in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in some])


def check_empty(database: Connection) -> None:
    for table in every_table():
        if database.execute(select(table).limit(1)).first() is not None:
            raise occupied(f"its table {table.name}")


def occupied(what: str) -> ConfigError:
    return ConfigError(
        f"storage.database_url: the database has rows already: {what}",
        hint="a backup goes back into a new database",
    )
