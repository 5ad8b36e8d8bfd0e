"""The table of the index, opened and proven readable, or begun anew."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.adapters.lance_index import schema as rows
from app.domain.errors import Unavailable

#: For LanceDB, before it is there. It warns of each write that we do again. And Arrow's own memory
#: takes some of its 2 MiB pages for each thread that it ever runs on: 110 MiB, for less than one.
ENVIRONMENT = {"LANCEDB_LOG": "error", "ARROW_DEFAULT_MEMORY_POOL": "system"}
#: Two, so that one can be filled while the other one still serves.
NAMES = (rows.TABLE, f"{rows.TABLE}_next")
#: Others write to a table in an object store as well, which is seen only when it is looked for.
FRESH = timedelta(seconds=1)
#: LanceDB keeps what it has read of each version of the table, and each write makes one: by itself
#: up to 1 GiB. Of the parts of an index it keeps 6: the vectors of a million moments are 1.5 GiB.
METADATA_BYTES, INDEX_BYTES = 32 * 2**20, 2 * 2**30
#: Of indexes that were replaced it keeps as much as of others: what is more than this and than all
#: there is on disk is for nothing.
NEEDED_BYTES = 8 * 2**20


@dataclass(frozen=True, kw_only=True)
class Opened:
    connection: Any
    name: str
    table: Any
    schema: Any
    #: Given to the table when it was begun.
    generation: str
    #: What is kept in memory of what was read.
    session: Any = None
    #: Of another model, and still to be searched by words until this one is filled.
    before: "Opened | None" = None

    def close(self) -> None:
        if self.before is not None:
            self.before.table.close()
        self.table.close()
        self.connection.close()


def load() -> None:
    """Import LanceDB. Blocks for seconds."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import lancedb  # noqa: F401


async def open_index(
    uri: str, wanted: Any, options: Mapping[str, str] | None = None, *, begins: bool = True
) -> Opened:
    """`uri` is a folder or an object store, `options` how that is reached. What is there but cannot
    serve is moved aside; what cannot be read in an object store stays, for it is of others, too.
    Who may not begin a table there drops none either.

    Raises Unavailable when it cannot be read, or is to be begun by another.
    """
    session = kept_in_memory()
    connection = await connected(uri, options, session)
    try:
        found = await _opened(connection, uri, wanted, begins or not remote(uri))
        return replace(found, session=session)
    except BaseException:
        connection.close()
        raise


async def reopened(opened: Opened, uri: str, options: Mapping[str, str] | None = None) -> Opened:
    """The same tables, with nothing in memory yet. Whoever still reads the others goes on with
    them, and what they keep goes after that: they are not closed, for a search would panic."""
    session = kept_in_memory()
    connection = await connected(uri, options, session)
    return replace(await _again(connection, opened), session=session)


async def _again(connection: Any, opened: Opened) -> Opened:
    table = await connection.open_table(opened.name)
    before = None if opened.before is None else await _again(connection, opened.before)
    return replace(opened, connection=connection, table=table, before=before)


async def refresh(opened: Opened) -> None:
    """As others have left it, though it was looked at just now."""
    await opened.table.checkout_latest()
    if opened.before is not None:
        await opened.before.table.checkout_latest()


async def outgrown(opened: Opened) -> bool:
    """Whether more is in memory than all that is there."""
    there = (await opened.table.stats())["total_bytes"]
    return bool(opened.session.size_bytes > NEEDED_BYTES + there)


async def connected(uri: str, options: Mapping[str, str] | None = None, session: Any = None) -> Any:
    import lancedb

    if not remote(uri):
        return await lancedb.connect_async(location(uri), session=session)
    return await lancedb.connect_async(
        uri, storage_options=dict(options or {}), read_consistency_interval=FRESH, session=session
    )


def kept_in_memory() -> Any:
    import lancedb

    return lancedb.Session(
        metadata_cache_size_bytes=METADATA_BYTES, index_cache_size_bytes=INDEX_BYTES
    )


async def _opened(connection: Any, uri: str, wanted: Any, begins: bool) -> Opened:
    existing = _existing_remote if remote(uri) else _existing
    found = [t for name in NAMES if (t := await existing(connection, name, wanted))]
    fitting = next((each for each in found if rows.fits(each.schema, wanted)), None)
    others = [each for each in found if each is not fitting]
    before = max(others, key=lambda each: each.rows, default=None)
    if not begins:
        return _joined(connection, fitting, before)
    for each in others:
        if each is not before:
            await drop(connection, each.name)
    if fitting is None:
        name = next(name for name in NAMES if before is None or name != before.name)
        await _clear_away(connection, uri, name)
        table = await _begun(connection, name, wanted)
        fitting = await _found(name, table)
    return _whole(connection, fitting, before)


@dataclass(frozen=True, kw_only=True)
class _Found:
    name: str
    table: Any
    schema: Any
    rows: int


def _joined(connection: Any, fitting: _Found | None, before: _Found | None) -> Opened:
    if fitting is None:
        raise Unavailable("the search index is not begun yet, or of other models than are set here")
    return _whole(connection, fitting, before)


def _whole(connection: Any, found: _Found, before: _Found | None) -> Opened:
    return Opened(
        connection=connection,
        name=found.name,
        table=found.table,
        schema=found.schema,
        generation=rows.generation(found.schema),
        before=None if before is None else _whole(connection, before, None),
    )


async def _found(name: str, table: Any) -> _Found:
    schema, size = await table.schema(), await table.count_rows()
    return _Found(name=name, table=table, schema=schema, rows=int(size))


async def _existing(connection: Any, name: str, wanted: Any) -> _Found | None:
    """The table, or None when it is missing, torn, of another version, or an empty one of another
    model."""
    try:
        table = await connection.open_table(name)
    except Exception:  # missing and torn look alike, and end alike
        return None
    with suppress(Exception):
        found = await _found(name, table)
        if _is_of_use(found, wanted):
            await _read_through(table)
            return found
    table.close()
    return None


async def _existing_remote(connection: Any, name: str, wanted: Any) -> _Found | None:
    """A request that fails tells nothing of the table: only one that is not listed is missing."""
    try:
        if name not in await listed(connection):
            return None
        table = await connection.open_table(name)
        found = await _found(name, table)
    except Exception as error:
        raise unreadable(error) from error
    if _is_of_use(found, wanted):
        return found
    table.close()
    return None


async def listed(connection: Any) -> list[str]:
    """Of our names those that there are tables of."""
    tables = (await connection.list_tables()).tables
    return [name for name in NAMES if name in tables]


def unreadable(error: Exception) -> Unavailable:
    return Unavailable(f"the search index cannot be read now: {error}")


def _is_of_use(found: _Found, wanted: Any) -> bool:
    fits = rows.fits(found.schema, wanted)
    return bool(fits or (found.rows and rows.serves(found.schema, wanted)))


async def _read_through(table: Any) -> None:
    """Touch every file of data and of full text: a power cut may have left one torn."""
    async for _ in await table.query().select(["created_at"]).to_batches():
        pass
    for column in ("text", "title"):
        await table.query().nearest_to_text("probe", columns=column).limit(1).to_arrow()


async def _begun(connection: Any, name: str, wanted: Any) -> Any:
    """Full text last: a table without it is one that was not begun to the end."""
    from lancedb.index import Bitmap, BTree

    table = await connection.create_table(name, schema=rows.begun(wanted))
    for column in ("moment_id", "asset_id", "parent_id", "created_at"):
        await table.create_index(column, config=BTree())
    await table.create_index("media_type", config=Bitmap())
    for column in ("text", "title"):
        await table.create_index(column, config=rows.full_text())
    return table


async def drop(connection: Any, name: str) -> None:
    """It is not closed: what still searches it would not fail but panic."""
    with suppress(Exception):  # the next start drops it
        await connection.drop_table(name)


async def _clear_away(connection: Any, uri: str, name: str) -> None:
    """Out of the way of a new table; an object store can only drop the old one."""
    if not remote(uri):
        await asyncio.to_thread(_move_aside, uri, name)
        return
    with suppress(ValueError):  # there was none
        await connection.drop_table(name)


def _move_aside(uri: str, name: str) -> None:
    """Keeps only the last one, for people who look."""
    table = Path(uri, f"{name}.lance")
    if table.exists():
        aside = Path(uri, f"{rows.TABLE}.aside")
        shutil.rmtree(aside, ignore_errors=True)
        table.rename(aside)


def location(uri: str) -> str:
    """Absolute, because LanceDB takes a folder whose name begins with "db" for its cloud."""
    return uri if remote(uri) else os.path.abspath(uri)


def remote(uri: str) -> bool:
    return "://" in uri
