"""The table of files that were taken out of watched folders."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.columns import Prose
from app.adapters.sql.tables import Table


class WatchedRow(Table):
    __tablename__ = "watched_files"

    path: Mapped[str] = mapped_column(Prose, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    #: Nanoseconds since the epoch.
    modified: Mapped[int] = mapped_column(BigInteger)
    asset_id: Mapped[str] = mapped_column(Prose)
