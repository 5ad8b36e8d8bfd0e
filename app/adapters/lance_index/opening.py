"""The table of the index, opened and proven readable, or begun anew."""

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.lance_index import schema as rows


@dataclass(frozen=True, kw_only=True)
class Opened:
    connection: Any
    table: Any
    #: Given to the table when it was begun.
    generation: str

    def close(self) -> None:
        self.table.close()
        self.connection.close()


async def open_index(uri: str, wanted: Any) -> Opened:
    """`uri` is a folder or an object store. What is there but does not fit is moved aside."""
    import lancedb

    connection: Any = await lancedb.connect_async(_location(uri))
    try:
        table = await _existing(connection, wanted)
        if table is None:
            await _clear_away(connection, uri)
            table = await _begun(connection, wanted)
        generation = rows.generation(await table.schema())
        return Opened(connection=connection, table=table, generation=generation)
    except BaseException:
        connection.close()
        raise


async def _existing(connection: Any, wanted: Any) -> Any | None:
    """The table, or None when it is missing, torn, or of another model or version."""
    try:
        table = await connection.open_table(rows.TABLE)
    except Exception:  # missing and torn look alike, and end alike
        return None
    with suppress(Exception):
        if rows.fits(await table.schema(), wanted):
            await _read_through(table)
            return table
    table.close()
    return None


async def _read_through(table: Any) -> None:
    """Touch every file of data and of full text: a power cut may have left one torn."""
    async for _ in await table.query().select(["created_at"]).to_batches():
        pass
    for column in ("text", "title"):
        await table.query().nearest_to_text("probe", columns=column).limit(1).to_arrow()


async def _begun(connection: Any, wanted: Any) -> Any:
    table = await connection.create_table(rows.TABLE, schema=rows.begun(wanted))
    for column in ("text", "title"):
        await table.create_index(column, config=rows.full_text())
    return table


async def _clear_away(connection: Any, uri: str) -> None:
    """Out of the way of a new table; an object store can only drop the old one."""
    if not _remote(uri):
        await asyncio.to_thread(_move_aside, uri)
        return
    with suppress(ValueError):  # there was none
        await connection.drop_table(rows.TABLE)


def _move_aside(uri: str) -> None:
    """Keeps only the last one, for people who look."""
    table = Path(uri, f"{rows.TABLE}.lance")
    if table.exists():
        aside = Path(uri, f"{rows.TABLE}.aside")
        shutil.rmtree(aside, ignore_errors=True)
        table.rename(aside)


def _location(uri: str) -> str:
    """Absolute, because LanceDB takes a folder whose name begins with "db" for its cloud."""
    return uri if _remote(uri) else os.path.abspath(uri)


def _remote(uri: str) -> bool:
    return "://" in uri
