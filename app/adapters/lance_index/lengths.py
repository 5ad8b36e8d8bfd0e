"""What the tables on disk were made for, before the model is there that would tell."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.opening import NAMES, connected, listed, remote, unreadable


async def visual_space(
    uri: str, model: str, options: Mapping[str, str] | None = None
) -> tuple[str, int] | None:
    """The model that the vectors of pictures are of, and their length, in a table of this model
    for text; None where there is no such table. Of two, the one that is not of the model that is
    there by default.

    Raises Unavailable when an object store cannot be read now.
    """
    connection = await connected(uri, options)
    try:
        names = await listed(connection) if remote(uri) else NAMES
        found = [each for name in names if (each := await _space(connection, uri, name, model))]
    except Exception as error:
        raise unreadable(error) from error
    finally:
        connection.close()
    others = [each for each in found if each[0] != rows.VISUAL_MODEL]
    return next(iter(others or found), None)


async def _space(connection: Any, uri: str, name: str, model: str) -> tuple[str, int] | None:
    """Raises what LanceDB does for a table in an object store that cannot be read now."""
    try:
        schema = await _schema(connection, name)
    except Exception:  # missing or torn
        if remote(uri):
            raise
        return None
    told = schema.metadata or {}
    if told.get(b"model") != model.encode():
        return None
    with suppress(Exception):  # of a version without pictures
        return told[b"visual"].decode(), int(schema.field("visual").type.list_size)
    return None


async def _schema(connection: Any, name: str) -> Any:
    table = await connection.open_table(name)
    try:
        return await table.schema()
    finally:
        table.close()
