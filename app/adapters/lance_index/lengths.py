"""What the tables on disk were made for, before the model is there that would tell."""

from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.opening import NAMES, location


async def visual_space(uri: str, model: str) -> tuple[str, int] | None:
    """The model that the vectors of pictures are of, and their length, in a table of this model
    for text; None where there is no such table. Of two, the one that is not of the model that is
    there by default."""
    import lancedb

    connection: Any = await lancedb.connect_async(location(uri))
    try:
        found = [each for name in NAMES if (each := await _space(connection, name, model))]
    finally:
        connection.close()
    others = [each for each in found if each[0] != rows.VISUAL_MODEL]
    return next(iter(others or found), None)


async def _space(connection: Any, name: str, model: str) -> tuple[str, int] | None:
    try:
        table = await connection.open_table(name)
        try:
            schema = await table.schema()
        finally:
            table.close()
        told = schema.metadata or {}
        if told.get(b"model") != model.encode():
            return None
        return told[b"visual"].decode(), int(schema.field("visual").type.list_size)
    except Exception:  # missing, torn, or of a version without pictures
        return None
