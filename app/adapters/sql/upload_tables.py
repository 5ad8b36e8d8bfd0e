"""The table of resumable uploads."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.columns import Prose
from app.adapters.sql.tables import Table, rule


class UploadRow(Table):
    __tablename__ = "uploads"
    __table_args__ = (
        rule("length_range", "length > 0"),
        rule("received_range", "received >= 0 AND received <= length"),
        rule("hashed_is_whole", "sha256 IS NULL OR received = length"),
        rule("finished_is_hashed", "finished_at IS NULL OR sha256 IS NOT NULL"),
    )

    #: That of the job which it becomes, so no key into `jobs`: that row comes later.
    upload_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)
    #: Bytes that are on the disk for good. The file may be longer after a crash.
    received: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str] = mapped_column(Prose)
    #: `Upload-Metadata` as the client sent it: HEAD tells it again.
    told: Mapped[str | None] = mapped_column(Prose)
    options: Mapped[dict[str, Any]]
    #: Of the whole file, in hex.
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    #: Id of the API key that began it.
    requester: Mapped[str | None] = mapped_column(index=True)
