"""What the tables on disk were made for, before the model is there that would tell."""

from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.opening import NAMES, location


async def visual_length(uri: str, model: str) -> int | None:
    """Numbers in the vectors of pictures, in a table of this model for text; None where there is
    no such table. Of two, the one that is not of the model that is there by default."""
    import lancedb

    connection: Any = await lancedb.connect_async(location(uri))
    try:
        found = [length for name in NAMES if (length := await _length(connection, name, model))]
    finally:
        connection.close()
    others = [each for each in found if each != rows.VISUAL_DIMENSIONS]
    return next(iter(others or found), None)


async def _length(connection: Any, name: str, model: str) -> int | None:
    try:
        table = await connection.open_table(name)
        try:
            schema = await table.schema()
        finally:
            table.close()
        ours = (schema.metadata or {}).get(b"model") == model.encode()
        return int(schema.field("visual").type.list_size) if ours else None
    except Exception:  # missing, torn, or of a version without pictures
        return None
