"""Which store of files this is: a name that it keeps for good, whoever uses it."""

import os
import uuid
from pathlib import Path

from app.adapters.local_storage.disk import translated

NAME = ".spool.store"


def store_id(folder: Path) -> str:
    """A UUID, made at the first call. Of two that make it at once, both get the first one's."""
    file = folder / NAME
    with translated():
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            part = file.with_name(f"{NAME}.{uuid.uuid4().hex}")
            part.write_text(f"{uuid.uuid4()}\n", encoding="ascii")
            try:
                os.link(part, file)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        return file.read_text(encoding="ascii").strip()
