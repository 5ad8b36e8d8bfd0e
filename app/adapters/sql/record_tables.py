"""The table of records that were added to the index by themselves."""

from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.columns import Prose
from app.adapters.sql.tables import Table, rule


class RecordRow(Table):
    """The long columns stand last: SQLite would have to read through those."""

    __tablename__ = "records"
    __table_args__ = (
        rule("revision_counted", "revision > 0"),
        Index(None, "indexed_in", "moment_id"),
    )

    moment_id: Mapped[str] = mapped_column(Prose, primary_key=True)
    #: Generation of the index that holds this revision whole.
    indexed_in: Mapped[str | None]
    revision: Mapped[int]
    #: Milliseconds since the epoch.
    created_at: Mapped[int] = mapped_column(BigInteger)
    #: The model that made `vector`.
    model: Mapped[str | None]
    moment: Mapped[dict[str, Any]]
    #: 32-bit floats, little-endian.
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    visual: Mapped[bytes | None] = mapped_column(LargeBinary)
